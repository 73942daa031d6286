import { describe, expect, test } from "bun:test";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "../../cmd/nodewright.ts");
/** A program that waits for a FIFO's writer waits for ever. */
const HANGS_MS = 30_000;

async function run(argv: readonly string[]) {
  const child = Bun.spawn([process.execPath, PROGRAM, ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: HANGS_MS,
    killSignal: "SIGKILL",
  });
  const text = await new Response(child.stderr).text();
  const out = await new Response(child.stdout).text();
  await child.exited;
  return { signal: child.signalCode, exitCode: child.exitCode, text: text + out };
}

async function withDirectory(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "nodewright-special-"));
  try {
    await run(["init", dir]);
    await writeFile(join(dir, "machines.txt"), "192.0.2.1 a.example.test a 10.200.0.0/24\n");
    await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function makeFifo(path: string): Promise<void> {
  await rm(path, { force: true });
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
}

describe("security 5: what is no regular file is refused, and nothing waits for it", () => {
  test.each([
    ["machines.txt", ["check"]],
    ["nodewright.yaml", ["check"]],
    ["configs/10-bridge.conflist", ["check"]],
    ["units/kubelet.service", ["check"]],
    ["ca.crt", ["pki"]],
    ["nodewright.lock", ["artifacts"]],
  ])("a FIFO as %s: %j", async (file, argv) => {
    await withDirectory(async (dir) => {
      await makeFifo(join(dir, file));
      const { signal, exitCode, text } = await run([...argv, "-C", dir]);
      expect({ signal, isGood: exitCode === 0 }).toEqual({ signal: null, isGood: false });
      expect(text).toContain(file);
      expect(text).toMatch(/it is a FIFO/);
    });
  });

  test("a device behind a link, a directory", async () => {
    await withDirectory(async (dir) => {
      await rm(join(dir, "nodewright.lock"), { force: true });
      await symlink("/dev/zero", join(dir, "nodewright.lock"));
      const device = await run(["artifacts", "-C", dir]);
      expect(device.exitCode).not.toBe(0);
      expect(device.text).toContain("it is a device");
    });
  });

  test("words of the command line that name files", async () => {
    await withDirectory(async (dir) => {
      const fifo = join(dir, "pipe");
      await makeFifo(fifo);
      for (const argv of [
        ["status", "-C", dir, "--kubeconfig", fifo],
        ["cri", "runp", fifo],
        ["cri", "import", fifo],
        ["cni", "list", "--conf-dir", fifo],
        ["kubelet", "--config", fifo],
        ["kube-proxy", "--config", fifo],
      ]) {
        const { signal, exitCode } = await run(argv);
        expect({ argv, signal, isGood: exitCode === 0 }).toEqual({
          argv,
          signal: null,
          isGood: false,
        });
      }
    });
  });
});
