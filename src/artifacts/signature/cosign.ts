import { createHash, createPublicKey, createVerify, type KeyObject } from "node:crypto";
import { z } from "zod";
import { err, ok, type Result } from "../../base/mod.ts";
import type { PinnedKey, SignedFile } from "./signed-file.ts";

/** `cosign sign-blob --bundle` with --new-bundle-format: a Sigstore bundle. */
const SIGSTORE_BUNDLE = z.object({
  mediaType: z.string().startsWith("application/vnd.dev.sigstore.bundle"),
  messageSignature: z.object({
    messageDigest: z.object({ algorithm: z.string(), digest: z.base64() }).optional(),
    signature: z.base64().min(1),
  }),
});

/** What cosign wrote before that. */
const COSIGN_BUNDLE = z.object({ base64Signature: z.base64().min(1) });

/** The PEM of `cosign generate-key-pair` (cosign.pub), ECDSA; an error is a sentence part. */
export function parseCosignKey(pem: string): Result<PinnedKey, string> {
  let key: KeyObject;
  try {
    if (!pem.includes("-----BEGIN PUBLIC KEY-----")) return err("it is no public key in PEM");
    key = createPublicKey(pem);
  } catch {
    return err("it is no public key in PEM");
  }
  if (key.asymmetricKeyType !== "ec") {
    return err(`it is no ECDSA key: ${key.asymmetricKeyType}`);
  }
  const der = key.export({ type: "spki", format: "der" });
  return ok({
    identity: `cosign:${createHash("sha256").update(der).digest("hex")}`,
    refuse: (bundle, file) => refuse(bundle, file, key),
  });
}

async function refuse(text: string, file: SignedFile, key: KeyObject): Promise<string | undefined> {
  const bundle = parseBundle(text);
  if (!bundle.ok) return `it is no bundle of cosign: ${bundle.error}`;
  const { signature, sha256 } = bundle.value;
  if (sha256 !== undefined && sha256 !== file.sha256) {
    return `it is of a file with another SHA-256: ${sha256}`;
  }
  const verifier = createVerify("sha256");
  for await (const chunk of file.chunks()) verifier.update(chunk);
  return fits(() => verifier.verify(key, signature))
    ? undefined
    : "it is made with another key, or does not fit the file";
}

/** Bytes that are no ASN.1 signature are no valid one. */
function fits(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}

interface Bundle {
  readonly signature: Uint8Array;
  /** The digest that the bundle itself names. */
  readonly sha256?: string;
}

function parseBundle(text: string): Result<Bundle, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return err("it is no JSON");
  }
  const old = COSIGN_BUNDLE.safeParse(json);
  if (old.success) return ok({ signature: Buffer.from(old.data.base64Signature, "base64") });
  const parsed = SIGSTORE_BUNDLE.safeParse(json);
  if (!parsed.success) {
    const isAttestation = typeof json === "object" && json !== null && "dsseEnvelope" in json;
    return err(isAttestation ? "it holds an attestation" : "it has no messageSignature");
  }
  const { messageDigest, signature } = parsed.data.messageSignature;
  if (messageDigest !== undefined && messageDigest.algorithm !== "SHA2_256") {
    return err("its digest is no SHA2_256");
  }
  return ok({
    signature: Buffer.from(signature, "base64"),
    ...(messageDigest === undefined
      ? {}
      : { sha256: Buffer.from(messageDigest.digest, "base64").toString("hex") }),
  });
}
