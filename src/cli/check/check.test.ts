import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Each test starts the program from its sources.
setDefaultTimeout(60_000);

const MACHINES =
  "192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n192.0.2.12 node-1.k.local node-1 10.200.1.0/24\n";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cli-check-"));
  await nodewright("init", "good");
  writeFileSync(join(dir, "good/machines.txt"), MACHINES);
  cpSync(join(dir, "good"), join(dir, "bad"), { recursive: true });
  change("bad/configs/containerd-config.toml", "SystemdCgroup = true", "SystemdCgroup = false");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function change(file: string, from: string, to: string): void {
  const text = readFileSync(join(dir, file), "utf8");
  expect(text).toContain(from);
  writeFileSync(join(dir, file), text.replace(from, to));
}

async function nodewright(...argv: string[]) {
  const program = join(import.meta.dir, "../../../cmd/nodewright.ts");
  const child = Bun.spawn([process.execPath, program, ...argv], {
    cwd: dir,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

describe("nodewright check", () => {
  test("finds nothing in the stock files, with 0", async () => {
    const { code, stdout, stderr } = await nodewright("check", "good");
    expect([code, stderr]).toEqual([0, ""]);
    // Nothing has been made of the certificates yet.
    expect(stdout).toContain("fix: make it with nodewright pki");
    expect(stdout).toMatch(
      /^No problems: 2 nodes, \d+ rules checked, \d+ need a running node, versions or other files/m,
    );
  });

  test("shows both ends of a contradiction, with 3", async () => {
    const { code, stdout } = await nodewright("check", "-C", "bad", "--rule", "nw-a01");
    expect(code).toBe(3);
    expect(stdout.split("\n").slice(0, 9)).toEqual([
      "all 2 nodes",
      "  error NW-A01: The kubelet and containerd use different cgroup drivers: cgroupDriver: systemd, SystemdCgroup = false",
      "    at bad/configs/containerd-config.toml:25:21",
      "     25 |     SystemdCgroup = false",
      "        |                     ^",
      "    at bad/configs/kubelet-config.yaml:16:15",
      "     16 | cgroupDriver: systemd",
      "        |               ^",
      '    fix: Set SystemdCgroup = true in the options of the runtime "runc"',
    ]);
  });

  test.each([
    { argv: ["--json"], at: "findings" },
    { argv: ["--format", "json"], at: "findings" },
    { argv: ["--format", "sarif"], at: "runs" },
  ])("prints one document for programs with $argv", async ({ argv, at }) => {
    const { code, stdout } = await nodewright("check", "bad", ...argv);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)[at].length).toBeGreaterThan(0);
  });

  test("names files in SARIF as the repository has them", async () => {
    const { stdout } = await nodewright("check", "bad", "--format", "sarif", "--rule", "NW-A01");
    const [result] = JSON.parse(stdout).runs[0].results;
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(
      "bad/configs/containerd-config.toml",
    );
  });

  test("is no clean bill where a file could not be read", async () => {
    cpSync(join(dir, "bad"), join(dir, "unread"), { recursive: true });
    mkdirSync(join(dir, "unread/nodewright.lock"));
    const { code, stdout, stderr } = await nodewright("check", "unread", "--rule", "NW-D01");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^No problems in what could be read \(the errors name the rest\): /m);
    expect(stderr).toContain("Cannot read the lock file nodewright.lock: it is a directory");
  });

  test("accepts what nodewright.yaml accepts, and prints the reason", async () => {
    cpSync(join(dir, "bad"), join(dir, "accepted"), { recursive: true });
    const file = join(dir, "accepted/nodewright.yaml");
    const ignore = "check:\n  ignore:\n    - { rule: NW-A01, reason: no kubelet here yet }\n";
    writeFileSync(file, `${readFileSync(file, "utf8")}${ignore}`);
    const { code, stdout } = await nodewright("check", "accepted");
    expect([code, stdout]).toEqual([0, expect.stringContaining(": no kubelet here yet")]);
    change("accepted/nodewright.yaml", "NW-A01", "NW-A1");
    const unknown = await nodewright("check", "accepted");
    expect(unknown.code).toBe(3);
    expect(unknown.stdout).toContain('No such rule in check.ignore: "NW-A1"');
    expect(unknown.stdout).toContain('Write "NW-A01"');
  });

  test.each([
    { argv: ["nowhere/at/all"], code: 2, says: "No such directory: nowhere/at/all" },
    { argv: ["--rule", "NW-A0"], code: 2, says: 'Did you mean "NW-A01"?' },
    { argv: ["--format", "sarff"], code: 2, says: 'Did you mean "sarif"?' },
    { argv: ["--root", "good", "node-0"], code: 2, says: "Expected no further argument" },
    { argv: ["good", "bad"], code: 2, says: "Expected one directory" },
  ])("answers $argv with $code", async ({ argv, code, says }) => {
    const answer = await nodewright("check", ...argv);
    expect([answer.code, answer.stdout]).toEqual([code, ""]);
    expect(answer.stderr).toContain(says);
  });

  test("tells of a dead API server, and checks the rest", async () => {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "a",
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "a", context: { cluster: "c", user: "u" } }],
    };
    writeFileSync(join(dir, "dead.kubeconfig"), JSON.stringify(config));
    chmodSync(join(dir, "dead.kubeconfig"), 0o600);
    const asked = ["--kubeconfig", "dead.kubeconfig"];
    const bad = await nodewright("check", "bad", ...asked);
    expect([bad.code, bad.stdout]).toEqual([3, expect.stringContaining("NW-A01")]);
    expect(bad.stderr).toContain("127.0.0.1:1");
    const good = await nodewright("check", "good", ...asked);
    expect([good.code, good.stderr]).toEqual([1, bad.stderr]);
  });
});

describe("nodewright check --root", () => {
  test("looks at a node's file system, and leads to the files where they lie", async () => {
    const root = join(dir, "root");
    for (const [from, to] of [
      ["bad/configs/containerd-config.toml", "etc/containerd/config.toml"],
      ["bad/configs/kubelet-config.yaml", "var/lib/kubelet/kubelet-config.yaml"],
    ] as const) {
      mkdirSync(join(root, to, ".."), { recursive: true });
      cpSync(join(dir, from), join(root, to));
    }
    const { code, stdout } = await nodewright("check", "--root", "root", "--rule", "NW-A01");
    expect(code).toBe(3);
    expect(stdout).toContain("at root/etc/containerd/config.toml:25:21");
    expect(stdout).toContain("     25 |     SystemdCgroup = false");
  });
});

describe("nodewright check --fix", () => {
  test("shows the diff, asks, writes, and finds nothing any more", async () => {
    cpSync(join(dir, "bad"), join(dir, "mended"), { recursive: true });
    const file = join(dir, "mended/configs/containerd-config.toml");
    chmodSync(file, 0o640);
    const before = readFileSync(file, "utf8");

    const unasked = await nodewright("check", "mended", "--fix");
    expect(unasked.code).toBe(2);
    expect(unasked.stdout).toContain("-    SystemdCgroup = false\n+    SystemdCgroup = true");
    expect(unasked.stderr).toContain("Give --yes");
    expect(readFileSync(file, "utf8")).toBe(before);

    const done = await nodewright("check", "mended", "--fix", "--yes");
    expect(done.code).toBe(0);
    expect(done.stdout).toContain("No problems");
    expect(readFileSync(file, "utf8")).toBe(
      readFileSync(join(dir, "good/configs/containerd-config.toml"), "utf8"),
    );
    expect(statSync(file).mode & 0o777).toBe(0o640);

    const again = await nodewright("check", "mended", "--fix", "--yes");
    expect([again.code, again.stderr]).toEqual([0, "Nothing to fix without a decision of yours\n"]);
  });

  test("check 4.2: a version that is missing comes before what depends on it", async () => {
    cpSync(join(dir, "good"), join(dir, "docker"), { recursive: true });
    const file = join(dir, "docker/configs/containerd-config.toml");
    writeFileSync(file, 'disabled_plugins = ["cri"]\n');
    const done = await nodewright("check", "docker", "--fix", "--yes");
    expect([done.code, done.stderr]).toEqual([0, ""]);
    const text = readFileSync(file, "utf8");
    expect(text).toStartWith("version = 2\ndisabled_plugins = []\n");
    expect(text).toContain('[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc');
    expect(text).not.toContain("[plugins.cri");
    const left = JSON.parse((await nodewright("check", "docker", "--json")).stdout);
    expect(
      left.findings.filter(({ severity }: { severity: string }) => severity === "error"),
    ).toEqual([]);
  });

  test("leaves a symbolic link one, and mends the file that it leads to", async () => {
    cpSync(join(dir, "bad"), join(dir, "linked"), { recursive: true });
    const [link, file] = ["configs/containerd-config.toml", "shared.toml"].map((name) =>
      join(dir, "linked", name),
    ) as [string, string];
    renameSync(link, file);
    symlinkSync("../shared.toml", link);
    const done = await nodewright("check", "linked", "--fix", "--yes");
    expect(done.code).toBe(0);
    expect(readlinkSync(link)).toBe("../shared.toml");
    expect(readFileSync(file, "utf8")).toContain("SystemdCgroup = true");
  });
});
