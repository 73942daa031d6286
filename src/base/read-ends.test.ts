import { describe, expect, test } from "bun:test";
import { readEnds } from "./read-ends.ts";

async function* chunksOf(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  const all = new TextEncoder().encode(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

describe("security 8: readEnds()", () => {
  test.each([1, 3, 7, 8, 9, 100])(
    "keeps both ends of a long text in chunks of %d bytes",
    async (bytes) => {
      const text = `first...${"x".repeat(1000)}....last`;
      expect(await readEnds(chunksOf(text, bytes), 8)).toBe(
        "first...\n[1000 bytes left out]\n....last",
      );
    },
  );

  test.each([1, 3, 16])("keeps all of a short text in chunks of %d bytes", async (bytes) => {
    expect(await readEnds(chunksOf("zwölf Bytes é", bytes), 8)).toBe("zwölf Bytes é");
    expect(await readEnds(chunksOf("", bytes), 8)).toBe("");
  });

  test("reads a flood to its end and keeps 64 KiB", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(65);
    async function* flood(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 300; i++) yield chunk;
    }
    expect((await readEnds(flood())).length).toBeLessThan(66_000);
  });
});
