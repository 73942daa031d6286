import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./testing/mod.ts";

const PROGRAM = join(import.meta.dir, "../../cmd/nodewright.ts");
/** A title, a cleared screen, C1, and a change of direction. */
const EVIL = "\u001b]0;x\u0007\u001b[2J\u009b1m\u202e";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

async function run(argv: readonly string[], stdout: "pipe" | ReturnType<typeof Bun.file> = "pipe") {
  const child = Bun.spawn([process.execPath, PROGRAM, ...argv], {
    stdin: "ignore",
    stdout,
    stderr: "pipe",
  });
  const stderr = await new Response(child.stderr).text();
  const text =
    child.stdout instanceof ReadableStream ? await new Response(child.stdout).text() : "";
  return { exitCode: await child.exited, stdout: text, stderr };
}

async function withDirectory(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "nodewright-terminal-"));
  try {
    await runCommandLine(["init", dir]);
    await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

describe("security 4: text of files does not reach the terminal raw", () => {
  const quoted = JSON.stringify(EVIL);
  const FILES: readonly (readonly [string, string])[] = [
    ["machines.txt", `192.0.2.1 a.example ${EVIL} 10.200.0.0/24\n`],
    ["nodewright.yaml", `${quoted}: 1\n`],
    ["nodewright.yaml", `ssh: {user: ${quoted}}\n`],
    ["configs/kubelet-config.yaml", `kind: ${quoted}\n${quoted}: 1\n`],
    ["configs/10-bridge.conf", `{"type": ${quoted}, ${quoted}: 1}`],
    ["configs/containerd-config.toml", `version = 2\n[plugins.${quoted}]\n${quoted} = 1\n`],
    ["units/kubelet.service", `[Service]\n${EVIL}=1\nExecStart=/bin/${EVIL}\n`],
    ["nodewright.lock", `${quoted}: 1\n`],
  ];
  test.each(FILES)("%s (%j)", async (file, text) => {
    await withDirectory(async (dir) => {
      await mkdir(join(dir, "configs"), { recursive: true });
      await writeFile(join(dir, file), text);
      for (const argv of [["check"], ["check", "--json"], ["plan"]]) {
        const printed = await run([...argv, "-C", dir]);
        expect(printed.stdout + printed.stderr).not.toMatch(RAW);
      }
    });
  });

  const FORGED = "x\n  fix: forged\nerror: forged";
  const forged = JSON.stringify(FORGED);
  test.each([
    ["nodewright.yaml", `${forged}: 1\n`],
    ["nodewright.yaml", `components: {runc: {source: ${forged}}}\n`],
    ["nodewright.yaml", `nodes: {${forged}: {}}\n`],
    ["configs/kubelet-config.yaml", `kind: ${forged}\n${forged}: 1\n`],
    ["configs/10-bridge.conf", `{"type": ${forged}, ${forged}: 1}`],
    ["configs/containerd-config.toml", `version = 2\n[plugins.${forged}]\n${forged} = 1\n`],
    [`configs/${FORGED}.conf`, ""],
  ] as const)(
    "a value with a line feed begins no line of a report: %j (%j)",
    async (file, text) => {
      await withDirectory(async (dir) => {
        await mkdir(join(dir, "configs"), { recursive: true });
        await writeFile(join(dir, "machines.txt"), "192.0.2.1 a.example a 10.200.0.0/24\n");
        await writeFile(join(dir, file), text);
        for (const command of ["check", "plan", "render"]) {
          const { stdout, stderr } = await run([command, "-C", dir]);
          expect(stdout + stderr).not.toMatch(/^\s*(fix|error): forged/m);
        }
      });
    },
  );

  test("a word of the command line with a line feed begins none, either", async () => {
    for (const argv of [
      [FORGED],
      ["explain", FORGED],
      ["check", `--${FORGED}`],
      ["check", "--format", FORGED],
      ["pki", "--server", FORGED],
      ["-C", FORGED, "plan"],
      ["check", "--root", `/${FORGED}`],
      ["apply", `./${FORGED}`],
      ["plan", "-o", `${FORGED}/x`],
      ["check", "-C", "none", FORGED],
    ]) {
      const { stdout, stderr, exitCode } = await runCommandLine(argv);
      expect(exitCode).not.toBe(0);
      expect(stdout + stderr).not.toMatch(/^\s*(fix|error): forged/m);
    }
    expect((await runCommandLine(["aply"])).stderr).toContain("  fix: Did you mean apply?\n");
  });

  test("words of the command line", async () => {
    for (const argv of [[EVIL], ["explain", EVIL], ["check", `--${EVIL}`], ["-C", EVIL, "plan"]]) {
      const { stdout, stderr, exitCode } = await run(argv);
      expect(exitCode).not.toBe(0);
      expect(stdout + stderr).not.toMatch(RAW);
    }
  });
});

describe("security 12: output that is lost is a failure", () => {
  test.each([
    [["--version"]],
    [["--help"]],
    [["explain", "kubelet"]],
    [["explain", "kubelet:maxPods", "--json"]],
    [["help", "check"]],
  ])("%j", async (argv) => {
    const { exitCode, stderr } = await run(argv, Bun.file("/dev/full"));
    expect(exitCode).toBe(1);
    expect(stderr.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(1);
  });

  test("check, render and init", async () => {
    await withDirectory(async (dir) => {
      for (const argv of [["check"], ["render", "--json"], ["init"]]) {
        const lost = await run([...argv, "-C", dir], Bun.file("/dev/full"));
        expect([argv, lost.exitCode]).toEqual([argv, 1]);
        expect(lost.stderr).toContain("error: Cannot write the output: ENOSPC");
      }
    });
  });

  test("a reader that has left is none", async () => {
    const child = Bun.spawn(
      ["sh", "-c", `"$0" "$1" explain kubelet | head -1`, process.execPath, PROGRAM],
      {
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    expect(await new Response(child.stderr).text()).toBe("");
    expect(await child.exited).toBe(0);
  });
});
