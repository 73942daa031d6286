import { type KeyObject, sign, verify } from "node:crypto";
import { err, ok, type Result } from "../../../base/mod.ts";

/** The payload of a token: a JSON object that nobody has looked at yet. */
export type Claims = Readonly<Record<string, unknown>>;

/** Parts of a token as they came, before its signature is verified: trust nothing in it. */
export interface UnverifiedToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly claims: Claims;
  readonly signed: string;
  readonly signature: Buffer;
}

interface Algorithm {
  readonly name: string;
  readonly hash: string;
  /** EC signatures are two numbers side by side (RFC 7518 section 3.4), not DER. */
  readonly isEc: boolean;
}

const EC_ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["prime256v1", { name: "ES256", hash: "sha256", isEc: true }],
  ["secp384r1", { name: "ES384", hash: "sha384", isEc: true }],
  ["secp521r1", { name: "ES512", hash: "sha512", isEc: true }],
]);
const RS256: Algorithm = { name: "RS256", hash: "sha256", isEc: false };
/** Far above what an API server issues, and cheap to refuse. */
const MAX_TOKEN_CHARACTERS = 64 * 1024;

/** The one algorithm that a key is used with; undefined for keys that tokens are not signed with. */
export function algorithmOf(key: KeyObject): string | undefined {
  return algorithmFor(key)?.name;
}

/** Signs claims; throws TypeError for a key that tokens cannot be signed with. */
export function signToken(
  claims: Claims,
  signer: { readonly key: KeyObject; readonly keyId: string },
): string {
  const algorithm = algorithmFor(signer.key);
  if (algorithm === undefined) throw new TypeError("Not a key that tokens can be signed with");
  const header = encode({ alg: algorithm.name, kid: signer.keyId });
  const signed = `${header}.${encode(claims)}`;
  const signature = sign(algorithm.hash, Buffer.from(signed), keyInput(signer.key, algorithm));
  return `${signed}.${signature.toString("base64url")}`;
}

/** Takes a token apart (RFC 7515 compact form); the error never holds a part of it. */
export function parseToken(text: string): Result<UnverifiedToken, string> {
  if (text.length > MAX_TOKEN_CHARACTERS) return err("it is too long");
  const [header = "", payload = "", signature = "", ...rest] = text.split(".");
  if (rest.length > 0 || ![header, payload, signature].every(isBase64Url)) {
    return err("it is not three parts in base64url");
  }
  const head = decode(header);
  const claims = decode(payload);
  if (head === undefined || claims === undefined) return err("its parts are not JSON objects");
  const { alg, kid, crit } = head;
  if (typeof alg !== "string") return err("it names no algorithm");
  // RFC 7515 section 4.1.11: what has to be understood and is not makes a token invalid.
  if (crit !== undefined) return err("it has critical header parameters");
  return ok({
    algorithm: alg,
    keyId: typeof kid === "string" && kid !== "" ? kid : undefined,
    claims,
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, "base64url"),
  });
}

/** Whether a public key made the token's signature, with that key's own algorithm and no other. */
export function isSignedBy(token: UnverifiedToken, key: KeyObject): boolean {
  const algorithm = algorithmFor(key);
  // The header must not choose: `none`, or a public key taken for a shared secret, would pass.
  if (algorithm === undefined || algorithm.name !== token.algorithm) return false;
  try {
    const input = keyInput(key, algorithm);
    return verify(algorithm.hash, Buffer.from(token.signed), input, token.signature);
  } catch {
    return false;
  }
}

function algorithmFor(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === "rsa") return RS256;
  return EC_ALGORITHMS.get(key.asymmetricKeyDetails?.namedCurve ?? "");
}

function keyInput(key: KeyObject, { isEc }: Algorithm) {
  return isEc ? { key, dsaEncoding: "ieee-p1363" as const } : { key };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function isBase64Url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text);
}

function decode(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    // cast: an object of JSON has text keys
    return value as Claims;
  } catch {
    return undefined;
  }
}
