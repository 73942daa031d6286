import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { err, ok, type Result } from "../base/mod.ts";
import { formatAddress, parseAddress } from "../ip/mod.ts";

/** What a certificate says, in the terms that Kubernetes reads it in. */
export interface CertificateInfo {
  /** The user name that the API server takes from a client certificate. */
  readonly commonName: string | undefined;
  /** The groups that the API server takes from a client certificate. */
  readonly organizations: readonly string[];
  readonly issuer: string;
  /** Upper-case hexadecimal. */
  readonly serial: string;
  readonly dnsNames: readonly string[];
  /** In canonical text form. */
  readonly addresses: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isAuthority: boolean;
  /** Extended key usages: `serverAuth`, `clientAuth`, or a dotted OID; empty means any. */
  readonly usages: readonly string[];
  /** For people: `EC P-256`, `RSA 2048`. */
  readonly keyType: string;
  /** SHA-256 over the DER form, upper-case hexadecimal with colons. */
  readonly fingerprint: string;
  /** SHA-256 over the public key (SubjectPublicKeyInfo), lower-case hexadecimal. */
  readonly keyFingerprint: string;
}

// RFC 5280 section 4.2.1.12
const USAGE_NAMES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
};
const CURVE_NAMES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

/** Reads the first certificate of a PEM text; the error is a short reason without a file name. */
export function inspectCertificate(pem: string): Result<CertificateInfo, string> {
  const parsed = parseCertificate(pem);
  if (!parsed.ok) return parsed;
  const certificate = parsed.value;
  const subject = parseName(certificate.subject);
  const names = parseAlternativeNames(certificate.subjectAltName ?? "");
  return ok({
    // Of several the last one counts, as for the API server.
    commonName: subject.findLast(([type]) => type === "CN")?.[1],
    organizations: subject.filter(([type]) => type === "O").map(([, value]) => value),
    issuer: parseName(certificate.issuer)
      .map(([type, value]) => `${type}=${value}`)
      .join(", "),
    serial: certificate.serialNumber.toUpperCase(),
    ...names,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    isAuthority: certificate.ca,
    usages: (certificate.keyUsage ?? []).map((oid) => USAGE_NAMES[oid] ?? oid),
    keyType: describeKey(certificate.publicKey),
    fingerprint: certificate.fingerprint256,
    keyFingerprint: fingerprintOf(certificate.publicKey),
  });
}

/** True where the private key (PKCS #8, PKCS #1 or SEC 1 PEM, not encrypted) is the certificate's own. */
export function keyMatches(certificatePem: string, keyPem: string): boolean {
  const certificate = parseCertificate(certificatePem);
  const key = parsePrivateKey(keyPem);
  return certificate.ok && key.ok && certificate.value.checkPrivateKey(key.value);
}

/**
 * SHA-256 over the public half of a key, as CertificateInfo has it: what tells whether a key belongs
 * to a certificate without having the key. Takes a private key or a public one in PEM form.
 */
export function keyFingerprint(pem: string): Result<string, string> {
  if (pem.includes("-----BEGIN PUBLIC KEY-----")) {
    try {
      return ok(fingerprintOf(createPublicKey(pem)));
    } catch {
      return err("it is not a key in PEM form");
    }
  }
  const key = parsePrivateKey(pem);
  return key.ok ? ok(fingerprintOf(createPublicKey(key.value))) : key;
}

function fingerprintOf(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** True where the certificate's signature was made by the authority's key. */
export function isIssuedBy(certificatePem: string, authorityPem: string): boolean {
  const certificate = parseCertificate(certificatePem);
  const authority = parseCertificate(authorityPem);
  if (!certificate.ok || !authority.ok) return false;
  try {
    return certificate.value.verify(authority.value.publicKey);
  } catch {
    // A signature algorithm of another kind than the key: then it was not this key.
    return false;
  }
}

/** Reads an unencrypted private key; the error is a short reason that never holds key material. */
export function parsePrivateKey(pem: string): Result<KeyObject, string> {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    return err("it is encrypted with a passphrase");
  }
  try {
    return ok(createPrivateKey(pem));
  } catch {
    return err("it is not a private key in PEM form");
  }
}

function parseCertificate(pem: string): Result<X509Certificate, string> {
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    return err("it is not a certificate in PEM form");
  }
  try {
    return ok(new X509Certificate(pem));
  } catch {
    return err("its contents cannot be decoded");
  }
}

/**
 * Takes apart a name as node:crypto prints it: one TYPE=value a line, special characters escaped
 * with a backslash, control characters as a backslash and two hexadecimal digits.
 */
function parseName(text: string): [type: string, value: string][] {
  return (text ?? "").split("\n").flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at <= 0 ? [] : [[line.slice(0, at), unescapeName(line.slice(at + 1))]];
  });
}

function unescapeName(text: string): string {
  return text.replaceAll(/\\([0-9A-F]{2}|.)/g, (_all, escaped: string) =>
    escaped.length === 2 ? String.fromCharCode(Number.parseInt(escaped, 16)) : escaped,
  );
}

function parseAlternativeNames(text: string): { dnsNames: string[]; addresses: string[] } {
  const dnsNames: string[] = [];
  const addresses: string[] = [];
  for (const part of text.split(", ")) {
    if (part.startsWith("DNS:")) dnsNames.push(part.slice(4));
    if (!part.startsWith("IP Address:")) continue;
    addresses.push(canonicalAddress(part.slice(11)));
  }
  return { dnsNames, addresses };
}

/** An address in its canonical form; what is none stays as it is. */
export function canonicalAddress(text: string): string {
  const address = parseAddress(text.toLowerCase());
  return address.ok ? formatAddress(address.value) : text;
}

function describeKey(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === "rsa") return `RSA ${details?.modulusLength ?? "?"}`;
  if (key.asymmetricKeyType === "ec") {
    const curve = details?.namedCurve ?? "?";
    return `EC ${CURVE_NAMES[curve] ?? curve}`;
  }
  return key.asymmetricKeyType ?? "unknown";
}
