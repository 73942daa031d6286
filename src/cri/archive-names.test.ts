import { describe, expect, test } from "bun:test";
import { tarArchive } from "../../test/support/tar-archive.ts";
import { ArchiveNames } from "./archive-names.ts";

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe("ArchiveNames", () => {
  const archives = [
    {
      name: "an OCI layout",
      entries: [
        { path: "blobs/" },
        { path: "blobs/sha256/aa", data: Buffer.alloc(1500, 1) },
        {
          path: "index.json",
          data: json({
            manifests: [
              { annotations: { "io.containerd.image.name": "example.test/a:1" } },
              { annotations: { "org.opencontainers.image.ref.name": "example.test/b:2" } },
              { annotations: { "org.opencontainers.image.ref.name": "latest" } },
              {},
            ],
          }),
        },
        { path: "blobs/sha256/bb", data: Buffer.alloc(700, 2) },
      ],
      want: ["example.test/a:1", "example.test/b:2"],
    },
    {
      name: "a docker archive",
      entries: [
        { path: "./manifest.json", data: json([{ RepoTags: ["x:1", "y:2"] }, { RepoTags: null }]) },
      ],
      want: ["x:1", "y:2"],
    },
    { name: "broken JSON", entries: [{ path: "index.json", data: Buffer.from("{") }], want: [] },
    { name: "an empty archive", entries: [], want: [] },
  ];
  test.each(archives)("finds the names in $name, however it is cut", ({ entries, want }) => {
    const bytes = tarArchive(entries);
    for (const size of [1, 511, 512, 513, 4096, bytes.length]) {
      const names = new ArchiveNames();
      for (let at = 0; at < bytes.length; at += size) names.push(bytes.subarray(at, at + size));
      expect(names.names).toEqual(want);
    }
  });

  test("finds nothing in what is no archive", () => {
    const names = new ArchiveNames();
    names.push(Buffer.alloc(5000, 0x7f));
    expect(names.names).toEqual([]);
  });
});
