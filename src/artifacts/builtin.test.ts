import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lock } from "./lock.ts";
import { type Resolution, resolveArtifacts } from "./resolve.ts";
import { elfFile, TempDir } from "./testing/mod.ts";
import type { BuiltinExecutable } from "./types.ts";

const NAMES = ["bridge", "host-local", "loopback", "vlan"];

async function resolve(
  dir: TempDir,
  builtin: BuiltinExecutable | undefined,
  lock: Lock = {},
): Promise<Resolution> {
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const commands = {
    run: async (argv: readonly string[]) => {
      throw new Error(`unexpected: ${argv.join(" ")}`);
    },
    stream: () => {
      throw new Error("unexpected");
    },
  };
  return resolveArtifacts(
    { commands, clock, env: {}, hostArch: "amd64", builtin: async () => builtin },
    {
      clusterDir: dir.path,
      arch: "amd64",
      components: { "cni-plugins": { source: "builtin" }, runc: { source: "builtin" } },
      cacheDir: join(dir.path, "cache"),
      lock,
    },
  );
}

async function executable(dir: TempDir, version: string): Promise<BuiltinExecutable> {
  const path = join(dir.path, "nodewright");
  const bytes = elfFile({ arch: "amd64", rodata: `build ${version}` });
  await writeFile(path, bytes);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  const files = NAMES.map((name) => ({ name, path, sha256, sizeBytes: bytes.length }));
  return { "cni-plugins": { files, version } };
}

test("a builtin component is the executable under each of its names", async () => {
  await using dir = await TempDir.make();
  const own = await executable(dir, "7.0.0");
  const { sets, problems } = await resolve(dir, own);
  expect(sets["cni-plugins"]).toMatchObject({
    kind: "set",
    source: "builtin",
    version: "7.0.0",
    files: NAMES.map((name) => ({
      name,
      installPath: `/opt/cni/bin/${name}`,
      sha256: own["cni-plugins"]?.files[0]?.sha256,
      localPath: join(dir.path, "nodewright"),
      origin: `nodewright ${name}`,
    })),
  });
  expect(problems.filter(({ message }) => message.includes("cni-plugins"))).toEqual([]);
});

test("what nodewright is not itself cannot be taken from it", async () => {
  await using dir = await TempDir.make();
  const { sets, problems } = await resolve(dir, await executable(dir, "7.0.0"));
  expect(sets.runc.kind).toBe("missing");
  expect(problems.map(({ message }) => message)).toContain(
    "Cannot take runc from builtin: there is none",
  );
});

test("an architecture without an executable is an error that says so", async () => {
  await using dir = await TempDir.make();
  const { problems } = await resolve(dir, undefined);
  expect(problems.map(({ message }) => message).join()).toContain(
    "Cannot take cni-plugins from nodewright itself: there is no executable of it for amd64",
  );
});

test("the lock holds no version of nodewright: another build is no contradiction", async () => {
  await using dir = await TempDir.make();
  const { lock } = await resolve(dir, await executable(dir, "7.0.0"));
  const after = await resolve(dir, await executable(dir, "7.0.1"), lock);
  expect(after.sets["cni-plugins"]).toMatchObject({ kind: "set", version: "7.0.1" });
});
