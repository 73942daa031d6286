import { describe, expect, test } from "bun:test";
import { createHash, generateKeyPairSync } from "node:crypto";
import { SIGNED } from "../testing/mod.ts";
import { parseCosignKey } from "./cosign.ts";
import { parseMinisignKey } from "./minisign.ts";
import type { SignedFile } from "./signed-file.ts";

function fileOf(text: string): SignedFile {
  const bytes = Buffer.from(text);
  return {
    sha256: createHash("sha256").update(bytes).digest("hex"),
    // In pieces, as a large file comes.
    async *chunks() {
      for (let at = 0; at < bytes.length; at += 4) yield bytes.subarray(at, at + 4);
    },
  };
}

const FILE = fileOf(SIGNED.text);

describe("parseMinisignKey()", () => {
  async function refusal(
    signature: string,
    { key = SIGNED.minisignKey as string, file = FILE } = {},
  ) {
    const parsed = parseMinisignKey(key);
    if (!parsed.ok) throw new TypeError(parsed.error);
    return await parsed.value.refuse(signature, file);
  }

  /** The signature of our key that says to be of another. */
  function withIdOf(key: string): string {
    const [first = "", second = "", ...rest] = SIGNED.minisig.split("\n");
    const bytes = Buffer.from(second, "base64");
    Buffer.from(key, "base64").copy(bytes, 2, 2, 10);
    return [first, bytes.toString("base64"), ...rest].join("\n");
  }

  test.each([
    { name: "today's", signature: SIGNED.minisig },
    { name: "an old one over the file itself", signature: SIGNED.oldMinisig },
    { name: "one with CRLF", signature: SIGNED.minisig.replaceAll("\n", "\r\n") },
  ])("accepts minisign's own signature: $name", async ({ signature }) => {
    expect(await refusal(signature)).toBeUndefined();
    expect(await refusal(signature, { file: fileOf("hello artifact") })).toBe(
      "it does not fit the file",
    );
  });

  test.each([
    {
      name: "another key",
      signature: SIGNED.minisig,
      key: SIGNED.otherMinisignKey,
      want: "it is made with another key: F881A7FC479BDA9B, expected 975CD1C8705E623A",
    },
    {
      name: "the other's number in front of our key's signature",
      signature: withIdOf(SIGNED.otherMinisignKey),
      key: SIGNED.otherMinisignKey,
      want: "it does not fit the file",
    },
    {
      name: "a changed trusted comment",
      signature: SIGNED.minisig.replace("version:1", "version:2"),
      want: "its trusted comment was changed",
    },
    { name: "a web page", signature: "<html>\n<p>", want: "its first line is no comment" },
    { name: "nothing", signature: "", want: "its first line is no comment" },
    {
      name: "the first lines only",
      signature: SIGNED.minisig.split("\n").slice(0, 2).join("\n"),
      want: "it has no trusted comment",
    },
    {
      name: "another algorithm",
      signature: SIGNED.minisig.replace("RUSb", "QUSb"),
      want: "unknown algorithm",
    },
  ])("refuses $name", async ({ signature, want, ...options }) => {
    expect(await refusal(signature, options)).toContain(want);
  });

  test.each(["", "RW", SIGNED.minisignKey.slice(4), `${SIGNED.minisignKey}=`, "R".repeat(56)])(
    'refuses the key "%s"',
    (text) => {
      expect(parseMinisignKey(text).ok).toBe(false);
    },
  );

  test("no changed byte of a signature is accepted", async () => {
    const [first = "", second = "", ...rest] = SIGNED.minisig.split("\n");
    const bytes = Buffer.from(second, "base64");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const text = [first, changed.toString("base64"), ...rest].join("\n");
      expect(await refusal(text)).toBeString();
    }
  });
});

describe("parseCosignKey()", () => {
  const { messageSignature } = SIGNED.bundle;
  const text = JSON.stringify(SIGNED.bundle);
  async function refusal(bundle: string, { key = SIGNED.cosignKey as string, file = FILE } = {}) {
    const parsed = parseCosignKey(key);
    if (!parsed.ok) throw new TypeError(parsed.error);
    return await parsed.value.refuse(bundle, file);
  }
  const pem = (type: "ec" | "ed25519"): string => {
    const { publicKey } =
      type === "ec"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("ed25519");
    return String(publicKey.export({ type: "spki", format: "pem" }));
  };

  test.each([
    { name: "a Sigstore bundle", bundle: text },
    {
      name: "one that names no digest",
      bundle: JSON.stringify({
        ...SIGNED.bundle,
        messageSignature: { signature: messageSignature.signature },
      }),
    },
    {
      name: "cosign's older bundle",
      bundle: JSON.stringify({ base64Signature: messageSignature.signature, rekorBundle: null }),
    },
  ])("accepts $name", async ({ bundle }) => {
    expect(await refusal(bundle)).toBeUndefined();
    expect(await refusal(bundle, { file: fileOf("other") })).toBeString();
    expect(await refusal(bundle, { key: pem("ec") })).toContain("another key");
  });

  test.each([
    { name: "a web page", bundle: "<html>", want: "it is no JSON" },
    { name: "null", bundle: "null", want: "no messageSignature" },
    {
      name: "an attestation",
      bundle: JSON.stringify({ ...SIGNED.bundle, messageSignature: undefined, dsseEnvelope: {} }),
      want: "it holds an attestation",
    },
    {
      name: "another digest's name",
      bundle: text.replace("SHA2_256", "SHA2_512"),
      want: "no SHA2_256",
    },
    {
      name: "a signature that is none",
      bundle: JSON.stringify({ base64Signature: "AAAA" }),
      want: "does not fit",
    },
  ])("refuses $name", async ({ bundle, want }) => {
    expect(await refusal(bundle)).toContain(want);
  });

  test("names the digest of the file that it is of", async () => {
    expect(await refusal(text, { file: fileOf("other") })).toBe(
      `it is of a file with another SHA-256: ${FILE.sha256}`,
    );
  });

  test.each([
    { name: "no key", text: "x", want: "no public key in PEM" },
    { name: "a damaged key", text: SIGNED.cosignKey.replace("MFkw", "MFk"), want: "no public key" },
    { name: "another kind of key", text: pem("ed25519"), want: "no ECDSA key: ed25519" },
  ])("refuses $name", ({ text: key, want }) => {
    expect(parseCosignKey(key)).toEqual({ ok: false, error: expect.stringContaining(want) });
  });

  test("never takes a private key for a public one", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(parseCosignKey(key).ok).toBe(false);
  });
});
