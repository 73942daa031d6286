import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { concatBytes, err, ok, type Result } from "../../base/mod.ts";
import type { PinnedKey, SignedFile } from "./signed-file.ts";

// Layout of minisign's keys and signatures: https://jedisct1.github.io/minisign/ "Signature format".
const ALGORITHM_BYTES = 2;
const ID_BYTES = 8;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const HEAD_BYTES = ALGORITHM_BYTES + ID_BYTES;
/** Ed25519 over the file itself: what old releases of minisign write. */
const WHOLE = "Ed";
/** Ed25519 over the file's BLAKE2b-512. */
const HASHED = "ED";
const TRUSTED = "trusted comment: ";

/** A public key as minisign prints it for `-P`: 56 characters of base64; an error is a sentence part. */
export function parseMinisignKey(text: string): Result<PinnedKey, string> {
  const bytes = fromBase64(text);
  if (bytes?.length !== HEAD_BYTES + KEY_BYTES || algorithmOf(bytes) !== WHOLE) {
    return err("it is no public key of minisign (56 characters that begin with RW)");
  }
  const x = Buffer.from(bytes.subarray(HEAD_BYTES)).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const id = idOf(bytes);
  return ok({
    identity: `minisign:${text}`,
    refuse: (signature, file) => refuse(signature, file, { id, key }),
  });
}

async function refuse(
  text: string,
  file: SignedFile,
  { id, key }: { readonly id: string; readonly key: KeyObject },
): Promise<string | undefined> {
  const parsed = parseSignature(text);
  if (!parsed.ok) return `it is no signature of minisign: ${parsed.error}`;
  const { algorithm, keyId, signature, comment, commentSignature } = parsed.value;
  if (keyId !== id) return `it is made with another key: ${keyId}, expected ${id}`;
  const signed = algorithm === HASHED ? await blake2b(file) : await wholeFile(file);
  if (!verify(null, signed, key, signature)) return "it does not fit the file";
  const both = concatBytes(signature, new TextEncoder().encode(comment));
  if (!verify(null, both, key, commentSignature)) return "its trusted comment was changed";
  return undefined;
}

interface MinisignSignature {
  readonly algorithm: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
  readonly comment: string;
  readonly commentSignature: Uint8Array;
}

function parseSignature(text: string): Result<MinisignSignature, string> {
  const [untrusted = "", first = "", trusted = "", second = ""] = text.split(/\r?\n/);
  if (!untrusted.startsWith("untrusted comment:")) return err("its first line is no comment");
  const bytes = fromBase64(first);
  if (bytes?.length !== HEAD_BYTES + SIGNATURE_BYTES) return err("its second line is too short");
  const algorithm = algorithmOf(bytes);
  if (algorithm !== WHOLE && algorithm !== HASHED) return err("it has an unknown algorithm");
  if (!trusted.startsWith(TRUSTED)) return err("it has no trusted comment");
  const commentSignature = fromBase64(second);
  if (commentSignature?.length !== SIGNATURE_BYTES) return err("its fourth line is too short");
  const signature = bytes.subarray(HEAD_BYTES);
  const comment = trusted.slice(TRUSTED.length);
  return ok({ algorithm, keyId: idOf(bytes), signature, comment, commentSignature });
}

/** Bytes of standard base64; undefined for anything else. */
function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

function algorithmOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, ALGORITHM_BYTES)).toString("latin1");
}

/** As minisign shows it: a little-endian number in hex. */
function idOf(bytes: Uint8Array): string {
  const id = Buffer.from(bytes.subarray(ALGORITHM_BYTES, HEAD_BYTES)).reverse();
  return id.toString("hex").toUpperCase();
}

async function blake2b(file: SignedFile): Promise<Uint8Array> {
  const hash = createHash("blake2b512");
  for await (const chunk of file.chunks()) hash.update(chunk);
  return hash.digest();
}

async function wholeFile(file: SignedFile): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks()) chunks.push(chunk);
  return concatBytes(...chunks);
}
