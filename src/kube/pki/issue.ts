import { createPublicKey, type KeyObject, randomBytes, type webcrypto } from "node:crypto";
import { NodewrightError } from "../../base/mod.ts";
import { parsePrivateKey } from "../../x509/mod.ts";
import type { CertificateSpec } from "./specs.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509-library.ts";

/** From when until when a certificate is valid. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** An authority that can sign: PEM texts of its certificate and its key. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes a private key as PKCS #8 PEM: ECDSA on P-256. Every Kubernetes component takes it; it is
 * made in under a millisecond, where RSA 4096 takes about a second, which counts with 1,000 nodes.
 */
export async function createKey(): Promise<string> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  return toPem("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", pair.privateKey));
}

/**
 * Makes a self-signed CA certificate (PEM) for a key; rejects with kind "pki" for a key it cannot
 * use. `subject` is a common name, or the certificate whose encoded subject is taken over: with the
 * same key and subject, everything that was signed before stays valid.
 */
export async function createAuthorityCertificate(
  subject: { readonly commonName: string } | { readonly like: string },
  keyPem: string,
  validity: Validity,
): Promise<string> {
  const keys = await importKeys(keyPem);
  const name =
    "like" in subject
      ? new X509Certificate(subject.like).subjectName
      : new Name([{ CN: [subject.commonName] }]);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: createSerial(),
    subject: name,
    issuer: name,
    ...validity,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: keys.signing,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return toPem("CERTIFICATE", certificate.rawData);
}

/** Signs a certificate (PEM) for a key; rejects with kind "pki" for a key it cannot use. */
export async function issueCertificate(
  spec: CertificateSpec,
  keyPem: string,
  signer: Authority & Validity,
): Promise<string> {
  const publicKey = createPublicKey(readPrivateKey(keyPem));
  const { dnsNames, addresses, usages } = spec;
  const subject = [
    ...(spec.organization === undefined ? [] : [{ O: [spec.organization] }]),
    { CN: [spec.commonName] },
  ];
  return await certify({ subject, publicKey, dnsNames, addresses, usages }, signer);
}

/** What a certificate is to say about whose key. */
export interface Certified {
  readonly subject: Name | JsonName;
  readonly publicKey: KeyObject;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly usages: readonly ("clientAuth" | "serverAuth")[];
}

/** Signs a certificate (PEM) for a public key; rejects with kind "pki" for a key it cannot use. */
export async function certify(certified: Certified, signer: Authority & Validity): Promise<string> {
  const authority = new X509Certificate(signer.certificate);
  const authorityKeys = await importKeys(signer.key);
  const key = await importPublicKey(certified.publicKey);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: createSerial(),
    subject: certified.subject,
    // As parsed, not as text: verifiers compare the encoded names byte by byte.
    issuer: authority.subjectName,
    notBefore: signer.notBefore,
    // A leaf that outlives its authority would only look valid.
    notAfter: new Date(Math.min(signer.notAfter.getTime(), authority.notAfter.getTime())),
    publicKey: key,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: authorityKeys.signing,
    extensions: await leafExtensions(certified, key, await keyIdentifier(authority, authorityKeys)),
  });
  return toPem("CERTIFICATE", certificate.rawData);
}

async function leafExtensions(
  certified: Certified,
  key: CryptoKey,
  authorityKeyId: AuthorityKeyIdentifierExtension,
): Promise<Extension[]> {
  // Key encipherment is what RSA key exchange needs; it has no meaning for an EC key.
  const isRsa = certified.publicKey.asymmetricKeyType === "rsa";
  const encipherment = isRsa ? KeyUsageFlags.keyEncipherment : 0;
  const names: JsonGeneralNames = [
    ...certified.dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...certified.addresses.map((value) => ({ type: "ip" as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | encipherment, true),
    new ExtendedKeyUsageExtension(certified.usages.map((usage) => ExtendedKeyUsage[usage])),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    await SubjectKeyIdentifierExtension.create(key, false),
    authorityKeyId,
  ];
}

/** The authority's own key identifier where it has one: it need not be the usual hash. */
async function keyIdentifier(
  authority: X509Certificate,
  keys: ImportedKeys,
): Promise<AuthorityKeyIdentifierExtension> {
  const own = authority.getExtension(SubjectKeyIdentifierExtension);
  return own === null
    ? await AuthorityKeyIdentifierExtension.create(keys.publicKey, false)
    : new AuthorityKeyIdentifierExtension(own.keyId, false);
}

/** A key pair in webcrypto, and how it signs. */
export interface ImportedKeys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly signing: { readonly name: string; readonly hash: string };
}

/** Brings a key of any usual form and type (an authority made with openssl has RSA) into webcrypto. */
export async function importKeys(pem: string): Promise<ImportedKeys> {
  const key = readPrivateKey(pem);
  const { algorithm, signing } = algorithmOf(key);
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), algorithm, true, [
      "sign",
    ]),
    publicKey: await importPublicKey(createPublicKey(key)),
    signing,
  };
}

async function importPublicKey(key: KeyObject): Promise<CryptoKey> {
  const spki = new Uint8Array(key.export({ type: "spki", format: "der" }));
  return await crypto.subtle.importKey("spki", spki, algorithmOf(key).algorithm, true, ["verify"]);
}

function readPrivateKey(pem: string): KeyObject {
  const parsed = parsePrivateKey(pem);
  if (parsed.ok) return parsed.value;
  throw new NodewrightError("pki", `Cannot use the private key: ${parsed.error}`, {
    fix: "use an RSA or EC key in unencrypted PEM form",
  });
}

function algorithmOf(key: KeyObject): {
  algorithm: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;
  signing: ImportedKeys["signing"];
} {
  if (key.asymmetricKeyType === "rsa") {
    const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return { algorithm: rsa, signing: rsa };
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === "prime256v1") {
    return {
      algorithm: { name: "ECDSA", namedCurve: "P-256" },
      signing: { name: "ECDSA", hash: "SHA-256" },
    };
  }
  if (curve === "secp384r1") {
    return {
      algorithm: { name: "ECDSA", namedCurve: "P-384" },
      signing: { name: "ECDSA", hash: "SHA-384" },
    };
  }
  throw new NodewrightError(
    "pki",
    `Cannot use a key of this type: ${curve ?? key.asymmetricKeyType ?? "unknown"}`,
    { fix: "use RSA, or EC on P-256 or P-384" },
  );
}

/** 126 random bits, positive, without a leading zero byte (RFC 5280 section 4.1.2.2 allows 20 bytes). */
function createSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** DER as PEM. */
export function toPem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
