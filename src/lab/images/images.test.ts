import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TarEntry, writeTar } from "../../artifacts/mod.ts";
import { writeOciArchive } from "./mod.ts";

const dir = mkdtempSync(join(tmpdir(), "nodewright-images-"));
afterAll(() => rmSync(dir, { recursive: true }));
const sha256 = (bytes: Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** Lets tar(1) read an archive: not our own reading of the format. */
function unpack(archive: Uint8Array, name: string): string {
  const target = join(dir, name);
  writeFileSync(`${target}.tar`, archive);
  const made = Bun.spawnSync(["mkdir", target]);
  const tar = Bun.spawnSync(["tar", "-xpf", `${target}.tar`, "-C", target, "--no-same-owner"]);
  expect([made.exitCode, tar.exitCode, tar.stderr.toString()]).toEqual([0, 0, ""]);
  return target;
}

describe("writeTar()", () => {
  const odd = new Uint8Array(513).fill(7);
  const entries: TarEntry[] = [
    { kind: "directory", path: "tmp", mode: 0o1777 },
    { kind: "file", path: "tmp/odd", content: odd, mode: 0o600 },
    { kind: "file", path: "tmp/empty", content: new Uint8Array() },
    { kind: "file", path: "tmp/block", content: new Uint8Array(512) },
    { kind: "symlink", path: "tmp/link", target: "odd" },
  ];
  test("writes what tar reads: names, bytes, modes, links", () => {
    const at = unpack(writeTar(entries), "tar");
    expect(readdirSync(join(at, "tmp")).sort()).toEqual(["block", "empty", "link", "odd"]);
    expect(new Uint8Array(readFileSync(join(at, "tmp/link")))).toEqual(odd);
    expect(statSync(join(at, "tmp")).mode & 0o7777).toBe(0o1777);
    expect(statSync(join(at, "tmp/odd")).mode & 0o777).toBe(0o600);
    expect(statSync(join(at, "tmp/odd")).mtimeMs).toBe(0);
  });
  test("refuses a name that does not fit", () => {
    const path = "x".repeat(101);
    expect(() => writeTar([{ kind: "file", path, content: odd }])).toThrow(RangeError);
  });
});

describe("writeOciArchive()", () => {
  const image = {
    references: ["nodewright.local/a:1", "registry.example/b:2"],
    architecture: "amd64",
    layer: [{ kind: "file", path: "run", content: new Uint8Array([1, 2]) }] as const,
    config: { Entrypoint: ["/run"] },
  };
  const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

  test("gives the same bytes for the same content", () => {
    expect(sha256(writeOciArchive(image))).toBe(sha256(writeOciArchive({ ...image })));
  });

  test("is an image layout whose digests and sizes are true, with every name", () => {
    const at = unpack(writeOciArchive(image), "oci");
    expect(json(join(at, "oci-layout"))).toEqual({ imageLayoutVersion: "1.0.0" });
    const index = json(join(at, "index.json"));
    const names = index.manifests.map(
      (one: { annotations: Record<string, string> }) => one.annotations["io.containerd.image.name"],
    );
    expect(names).toEqual(image.references);
    const check = (descriptor: { digest: string; size: number }) => {
      const path = join(at, "blobs", descriptor.digest.replace(":", "/"));
      const bytes = readFileSync(path);
      expect(`sha256:${sha256(bytes)}`).toBe(descriptor.digest);
      expect(bytes.length).toBe(descriptor.size);
      return path;
    };
    const manifest = json(check(index.manifests[0]));
    const config = json(check(manifest.config));
    check(manifest.layers[0]);
    expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest]);
    expect(config.config).toEqual({ Entrypoint: ["/run"] });
    const [docker] = json(join(at, "manifest.json"));
    expect(docker.RepoTags).toEqual(image.references);
    expect(statSync(join(at, docker.Layers[0])).size).toBe(manifest.layers[0].size);
  });
});
