import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./testing/mod.ts";

// Several starts of the program from its sources.
setDefaultTimeout(30_000);

const MACHINES = `# IPV4_ADDRESS FQDN HOSTNAME POD_SUBNET
10.0.0.2 server.example.test server
10.0.0.10 node-0.example.test node-0 10.200.0.0/24
10.0.0.11 node-1.example.test node-1 10.200.1.0/24
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nodewright-cli-pki-"));
  await Bun.write(join(directory, "machines.txt"), MACHINES);
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function pki(...argv: string[]) {
  const program = join(import.meta.dir, "../../cmd/nodewright.ts");
  const child = Bun.spawn([process.execPath, program, "pki", ...argv, "-C", directory], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

describe("nodewright pki", () => {
  test("makes, keeps, finds faults with exit code 3, mends them", async () => {
    const first = await pki("--days", "90");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(
      /^node-1\.crt +system:node:node-1, system:nodes +\S+ +89 +created$/m,
    );
    expect(first.stdout).not.toContain("PRIVATE");
    const kubeconfig = await Bun.file(join(directory, "node-0.kubeconfig")).text();
    expect(kubeconfig).toContain("server: https://server.example.test:6443");

    await copyFile(join(directory, "node-1.kubeconfig"), join(directory, "node-0.kubeconfig"));
    const second = await pki();
    expect(second.code).toBe(3);
    expect(second.stderr).toContain('it is for "system:node:node-1"');
    expect(second.stderr).toContain(`at ${directory}/node-0.kubeconfig`);
    expect(second.stderr).toContain("fix: reissue it: nodewright pki --renew node-0");

    expect((await pki("--renew")).stdout).toMatch(/^node-0\.kubeconfig .*renewed$/m);
    const third = await pki("--json");
    const outcome = JSON.parse(third.stdout);
    expect([third.code, outcome.written, outcome.problems]).toEqual([0, [], []]);
    expect(outcome.entries.length).toBe(15);
  });

  test.each([
    { name: "a name that is unknown", argv: ["--renew", "node0"], want: 'did you mean "node-0"?' },
    {
      name: "a server without TLS",
      argv: ["--server", "http://a"],
      want: "Expected https://HOST:PORT",
    },
    { name: "no days", argv: ["--days", "0"], want: "whole number" },
    { name: "no address", argv: ["--service-address", "10.32.0"], want: "Expected an IP address" },
  ])("refuses $name as wrong usage", async ({ argv, want }) => {
    const { code, stderr } = await pki(...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(want);
  });

  describe("use 14: pki --check only looks", () => {
    async function inEmptyDirectory(use: (dir: string) => Promise<void>): Promise<void> {
      const dir = await mkdtemp(join(tmpdir(), "nodewright-cli-pki-check-"));
      try {
        await Bun.write(join(dir, "machines.txt"), MACHINES);
        await use(dir);
      } finally {
        await rm(dir, { recursive: true });
      }
    }

    test("an empty directory stays empty; what is missing is named", () =>
      inEmptyDirectory(async (dir) => {
        const { exitCode, stderr } = await runCommandLine(["pki", "--check", dir]);
        expect(exitCode).toBe(3);
        expect(stderr).toContain("Missing: node-0.kubeconfig");
        expect(await readdir(dir)).toEqual(["machines.txt"]);
      }));

    test.each([
      { days: "90", exitCode: 0 },
      { days: "29", exitCode: 3 },
      { days: "1", exitCode: 3 },
    ])("certificates with $days days left: exit code $exitCode", ({ days, exitCode }) =>
      inEmptyDirectory(async (dir) => {
        await runCommandLine(["pki", dir, "--days", days]);
        const before = await readdir(dir);
        const checked = await runCommandLine(["pki", "--check", "--json", dir]);
        expect(checked.exitCode).toBe(exitCode);
        expect(await readdir(dir)).toEqual(before);
      }),
    );

    test("a missing file among others, and --renew with it", () =>
      inEmptyDirectory(async (dir) => {
        await runCommandLine(["pki", dir]);
        await rm(join(dir, "node-1.crt"));
        const { exitCode, stderr } = await runCommandLine(["pki", "--check", dir]);
        expect([exitCode, stderr]).toEqual([3, expect.stringContaining("Missing: node-1.crt")]);
        expect((await runCommandLine(["pki", "--check", "--renew", "-C", dir])).exitCode).toBe(2);
      }));

    test("use 14: --days beyond the CA's own end is a warning, not a silent cut", () =>
      inEmptyDirectory(async (dir) => {
        await runCommandLine(["pki", dir]);
        const renewed = await runCommandLine([
          "pki",
          "-C",
          dir,
          "--days",
          "99999",
          "--renew",
          "node-0",
        ]);
        expect(renewed.exitCode).toBe(0);
        expect(renewed.stderr).toContain("instead of 99999, until the CA expires: node-0.crt");
        const fits = await runCommandLine(["pki", "-C", dir, "--days", "100", "--renew", "node-0"]);
        expect(fits.stderr).not.toContain("instead of");
      }));
  });
});

describe("security 16: what pki is given is refused before anything is written", () => {
  test.each([
    ["--days", "99999999"],
    ["--days", "1000001"],
    ["--days", "0"],
    ["--days", "-1"],
    ["--days", "1e3"],
    ["--server", "https://a:64\n43"],
    ["--server", "https://a:6443\n"],
    ["--server", "\thttps://a:6443"],
    ["--server", 'https://a:6443/"'],
    ["--server", "https://a b:6443"],
    ["--server", "http://a:6443"],
    ["--service-address", "10.32.0.1\n"],
  ])("%s %j", async (option, value) => {
    const dir = await mkdtemp(join(tmpdir(), "nodewright-cli-pki-"));
    await Bun.write(join(dir, "machines.txt"), MACHINES);
    const { exitCode, stderr } = await runCommandLine(["pki", dir, `${option}=${value}`]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(option);
    expect(await readdir(dir)).toEqual(["machines.txt"]);
    await rm(dir, { recursive: true });
  });

  test("the most days are a certificate that can be read", async () => {
    const dir = await mkdtemp(join(tmpdir(), "nodewright-cli-pki-"));
    await Bun.write(join(dir, "machines.txt"), MACHINES);
    const { exitCode, stdout } = await runCommandLine(["pki", dir, "--days", "1000000"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ca\.crt +\S.* +999999 +created$/m);
    await rm(dir, { recursive: true });
  });
});
