import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ArtifactCache, type ArtifactSet } from "../artifacts/mod.ts";
import { formatManifest, parseManifest } from "./manifest.ts";
import { type BundleSource, openBundle, writeBundle } from "./mod.ts";
import { formatSbom } from "./sbom.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-bundle-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const digest = (bytes: Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

function source(path: string, text: string): BundleSource {
  const content = new TextEncoder().encode(text);
  return { path, sha256: digest(content), sizeBytes: content.length, mode: 0o644, content };
}

const RUNC = source("blobs/x", "runc".repeat(1000));
const SOURCES = [
  source("cluster/machines.txt", "10.0.0.11 node-0 node-0 10.200.0.0/24\n"),
  source("cluster/configs/a.yaml", "a: 1\n"),
  { ...RUNC, path: `blobs/${RUNC.sha256}` },
  { ...source("nodewright-x86_64", "ELF"), mode: 0o755 },
];

async function write(name: string, sources: readonly BundleSource[] = SOURCES): Promise<string> {
  const path = join(dir, name);
  await writeBundle(path, { arches: ["amd64"], sources }, new AbortController().signal);
  return path;
}

const site = (): string => join(dir, "site");

async function open(path: string) {
  const cache = await ArtifactCache.open(join(dir, "cache"), { nowMs: 0 });
  const signal = new AbortController().signal;
  return openBundle(path, { directory: site(), cache, signal });
}

/** The error's words; nothing but the cache may be left of the attempt. */
async function refused(path: string): Promise<string> {
  const before = readdirSync(dir);
  const error = await open(path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(readdirSync(dir).sort()).toEqual([...new Set([...before, "cache"])].sort());
  return Bun.inspect(error);
}

describe("a bundle", () => {
  test("becomes the directory that it was made of, its blobs go to the cache", async () => {
    const manifest = await open(await write("b"));
    expect(manifest.files.map(({ path }) => path)).toEqual(SOURCES.map(({ path }) => path).sort());
    expect(readFileSync(join(site(), "configs/a.yaml"), "utf8")).toBe("a: 1\n");
    expect(readFileSync(join(site(), "nodewright-x86_64"), "utf8")).toBe("ELF");
    const cache = await ArtifactCache.open(join(dir, "cache"), { nowMs: 0 });
    expect(await cache.has(RUNC.sha256)).toBe(true);
  });

  test("has the same bytes for the same contents, in any order", async () => {
    const [one, other] = [await write("one"), await write("other", SOURCES.toReversed())];
    expect(readFileSync(one)).toEqual(readFileSync(other));
  });

  test("is a tar archive that any tar can read", async () => {
    const listed = Bun.spawnSync(["tar", "-t"], {
      stdin: zstdDecompressSync(readFileSync(await write("b"))),
    });
    expect(listed.stdout.toString().trim().split("\n")).toEqual([
      "bundle.json",
      ...SOURCES.map(({ path }) => path).sort(),
    ]);
  });

  test("is not written where a file changes meanwhile", async () => {
    const localPath = join(dir, "runc");
    writeFileSync(localPath, "other bytes");
    const changed = { ...source("blobs/x", "runc bytes!"), content: { localPath } };
    const failed = await write("b", [changed]).catch((thrown: unknown) => Bun.inspect(thrown));
    expect(failed).toContain("has changed while it was read");
    expect(existsSync(join(dir, "b"))).toBe(false);
  });
});

describe("openBundle() refuses", () => {
  const tampered = async (change: (tar: Buffer) => Uint8Array): Promise<string> => {
    const path = await write("b");
    writeFileSync(path, zstdCompressSync(change(zstdDecompressSync(readFileSync(path)))));
    return refused(path);
  };

  test("a file that was changed", async () => {
    const text = await tampered((tar) => {
      tar[tar.indexOf("10.0.0.11")] = 0x32;
      return tar;
    });
    expect(text).toContain("another SHA-256 than its list says");
  });

  test("a blob that was changed", async () => {
    const text = await tampered((tar) => {
      tar[tar.indexOf("runcrunc")] = 0x52;
      return tar;
    });
    expect(text).toContain("SHA-256");
  });

  test("a member that its list does not have", async () => {
    const text = await tampered((tar) => {
      const at = tar.indexOf("cluster/configs/a.yaml", 2000);
      tar.write("cluster/configs/b.yaml", at);
      // The header's checksum: one letter more.
      const sum = Number.parseInt(tar.toString("latin1", at + 148, at + 154), 8) + 1;
      tar.write(sum.toString(8).padStart(6, "0"), at + 148);
      return tar;
    });
    expect(text).toContain("cluster/configs/b.yaml is not what its list says");
  });

  test.each([10, 40, 70, 95])("one that was cut off at %d %%", async (percent) => {
    const path = await write("b");
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, (whole.length * percent) / 100));
    expect(await refused(path)).toMatch(/Cannot open/);
  });

  test.each([
    ["nothing", ""],
    ["another file", "#!/bin/sh\n"],
  ])("%s", async (_what, text) => {
    const path = join(dir, "b");
    writeFileSync(path, text);
    expect(await refused(path)).toMatch(/Cannot open/);
  });

  test("a directory that has files", async () => {
    const path = await write("b");
    await open(path);
    expect(await refused(path)).toContain("it is there, and not empty");
  });
});

describe("parseManifest()", () => {
  const manifest = { nodewright: "1.0.0", arches: ["amd64"], files: [] };

  test("reads what formatManifest() writes", () => {
    expect(parseManifest(formatManifest(manifest), "b")).toMatchObject(manifest);
  });

  test("names another version of the format", () => {
    const bytes = new TextEncoder().encode('{"bundleVersion": 2, "more": true}');
    expect(() => parseManifest(bytes, "b")).toThrow("its format has version 2");
  });

  test.each(["/etc/passwd", "cluster/../../x", "..", "a b", "a\nb"])(
    "refuses the path %j",
    (path) => {
      const file = { path, sha256: "0".repeat(64), sizeBytes: 1, mode: 0o644 };
      const bytes = formatManifest({ ...manifest, files: [file] });
      expect(() => parseManifest(bytes, "b")).toThrow("it is not a bundle");
    },
  );
});

test("formatSbom() is CycloneDX 1.6 and the same for the same contents", () => {
  const set: ArtifactSet = {
    kind: "set",
    component: "runc",
    source: "upstream",
    version: "1.3.0",
    arch: "amd64",
    files: [
      {
        name: "runc",
        installPath: "/usr/local/bin/runc",
        mode: 0o755,
        sha256: "a".repeat(64),
        sizeBytes: 1,
        localPath: "/cache/runc",
        origin: "https://example.org/runc.amd64",
      },
    ],
  };
  const images = [{ reference: "registry.k8s.io/pause:3.10", sha256: "b".repeat(64) }];
  const text = formatSbom({ sets: [set], images });
  expect(formatSbom({ sets: [set], images })).toBe(text);
  const sbom = JSON.parse(text);
  expect(sbom).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: { component: { name: "nodewright" } },
  });
  expect(sbom.components).toContainEqual(
    expect.objectContaining({
      name: "runc",
      version: "1.3.0",
      hashes: [{ alg: "SHA-256", content: "a".repeat(64) }],
      externalReferences: [{ url: "https://example.org/runc.amd64", type: "distribution" }],
    }),
  );
  const names = sbom.components.map((one: { readonly name: string }) => one.name);
  expect(names).toContain("zod");
  expect(names).not.toContain("@biomejs/biome");
});
