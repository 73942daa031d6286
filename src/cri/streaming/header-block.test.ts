import { describe, expect, test } from "bun:test";
import { decodeHeaderBlock, encodeHeaderBlock, HeaderZlib } from "./header-block.ts";
import { headerDictionary } from "./header-dictionary.ts";

describe("headerDictionary()", () => {
  test("is the one that zlib streams name by its Adler-32", () => {
    expect(headerDictionary().length).toBe(1423);
    expect(Bun.hash.adler32(headerDictionary())).toBe(0xe3c6a7c2);
  });
});

describe("header blocks", () => {
  test("have counts and lengths of four bytes, and lower-case names", () => {
    const block = encodeHeaderBlock(new Map([["streamType", "stdin"]]));
    expect(block.toString("hex")).toBe(
      "00000001" +
        "0000000a" +
        Buffer.from("streamtype").toString("hex") +
        "00000005" +
        "737464696e",
    );
    expect(decodeHeaderBlock(block)).toEqual(new Map([["streamtype", "stdin"]]));
  });

  test.each([
    { name: "no count", hex: "0000" },
    { name: "a name longer than the block", hex: "00000001 000000ff 61" },
    { name: "a value missing", hex: "00000001 00000001 61" },
    { name: "bytes too many", hex: "00000000 00" },
  ])("with $name are refused", ({ hex }) => {
    expect(decodeHeaderBlock(Buffer.from(hex.replaceAll(" ", ""), "hex"))).toBeUndefined();
  });
});

describe("HeaderZlib", () => {
  test("expands what it compressed, block after block", async () => {
    using compressor = HeaderZlib.compressor();
    using expander = HeaderZlib.expander();
    const sizes: number[] = [];
    for (const text of ["streamtype stdin", "streamtype stdin", "", "streamtype resize"]) {
      const packed = await compressor.run(Buffer.from(text));
      sizes.push(packed.length);
      expect((await expander.run(packed)).toString()).toBe(text);
    }
    // The second block refers to the first: the state goes on.
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0);
  });

  test("rejects what is not zlib's, and what expands too far", async () => {
    using broken = HeaderZlib.expander();
    await expect(broken.run(Buffer.from("ffffffffffff", "hex"))).rejects.toThrow();
    using compressor = HeaderZlib.compressor();
    using expander = HeaderZlib.expander();
    // The compressor is held to the same bound, which its own small output does not reach.
    const bomb = await compressor.run(Buffer.alloc(1024 * 1024));
    await expect(expander.run(bomb)).rejects.toThrow("64 KiB");
  });
});
