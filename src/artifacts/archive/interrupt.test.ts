import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { TempDir, tarFile } from "../testing/mod.ts";
import { readArchive } from "./open.ts";

describe("security 16: the first Ctrl-C ends unpacking", () => {
  test.each([
    ["a member that is taken", true],
    ["a member that is passed over", false],
  ])("%s", async (_name, isTaken) => {
    await using dir = await TempDir.make();
    const path = join(dir.path, "a.tar.gz");
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    await writeFile(path, gzipSync(tarFile([{ name: "large", content: zeros }])));
    const interrupted = new AbortController();
    let bytes = 0;
    const unpack = async (): Promise<void> => {
      for await (const member of readArchive(path, "a.tar.gz", interrupted.signal)) {
        interrupted.abort(new Error("Interrupted"));
        if (!isTaken) continue;
        for await (const part of member.body) bytes += part.length;
      }
    };
    await expect(unpack()).rejects.toThrow("Interrupted");
    expect(bytes).toBeLessThan(zeros.length / 8);
  });
});
