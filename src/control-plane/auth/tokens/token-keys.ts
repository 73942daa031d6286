import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { NodewrightError } from "../../../base/mod.ts";
import { parsePrivateKey } from "../../../x509/mod.ts";
import { algorithmOf } from "./jwt.ts";

/** A key that signs, and those whose signatures count. */
export interface TokenKeys {
  readonly signer: { readonly key: KeyObject; readonly keyId: string };
  readonly verifiers: readonly VerifyingKey[];
}

interface VerifyingKey {
  readonly key: KeyObject;
  readonly keyId: string;
  readonly algorithm: string;
}

/**
 * Reads the signing key (PEM, RSA or EC) and the keys that verify: private or public keys or
 * certificates in PEM. Throws a NodewrightError of kind "pki" for what is none of them.
 */
export function loadTokenKeys(signingPem: string, verifyingPems: readonly string[]): TokenKeys {
  const parsed = parsePrivateKey(signingPem);
  if (!parsed.ok) throw unusable(parsed.error);
  const own = verifyingKey(createPublicKey(parsed.value));
  const byId = new Map([[own.keyId, own]]);
  for (const pem of verifyingPems) {
    const key = verifyingKey(readPublicKey(pem));
    byId.set(key.keyId, key);
  }
  return { signer: { key: parsed.value, keyId: own.keyId }, verifiers: [...byId.values()] };
}

/** /openid/v1/jwks */
export function jsonWebKeySet(keys: TokenKeys) {
  return {
    keys: keys.verifiers.map(({ key, keyId, algorithm }) => ({
      use: "sig",
      ...key.export({ format: "jwk" }),
      kid: keyId,
      alg: algorithm,
    })),
  };
}

/** /.well-known/openid-configuration; `address` is the API server's HOST:PORT. */
export function openIdConfiguration(keys: TokenKeys, issuer: string, address: string) {
  const algorithms = new Set(keys.verifiers.map(({ algorithm }) => algorithm));
  return {
    issuer,
    jwks_uri: `https://${address}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...algorithms].sort(),
  };
}

function verifyingKey(key: KeyObject): VerifyingKey {
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) throw unusable("it is neither RSA nor EC");
  // As the official server derives it, so that tokens outlive a change of servers.
  const keyId = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");
  return { key, keyId, algorithm };
}

function readPublicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw unusable("it is neither a key nor a certificate in PEM form");
  }
}

function unusable(reason: string): NodewrightError {
  return new NodewrightError("pki", `Cannot use the ServiceAccount key: ${reason}`, {
    fix: "use an RSA or EC key in unencrypted PEM form",
  });
}
