import { createPublicKey, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "../../base/mod.ts";
import { canonicalAddress } from "../../x509/mod.ts";
import {
  type Name,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
} from "./x509-library.ts";

/** What a certificate signing request (PKCS #10) asks for. */
export interface SigningRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  /** In canonical text form. */
  readonly addresses: readonly string[];
  readonly hasEmails: boolean;
  readonly hasUris: boolean;
  /** The key that is to be certified. */
  readonly publicKey: KeyObject;
  /** As encoded, for the certificate. */
  readonly subject: Name;
  /** PEM: the request itself. */
  readonly pem: string;
}

/** Reads a request as the API has it: PEM in base64. The error is a short reason. */
export function readRequest(base64: string): Result<SigningRequest, string> {
  const pem = Buffer.from(base64, "base64").toString("utf8");
  if (!/^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    return err("PEM block type must be CERTIFICATE REQUEST");
  }
  try {
    const request = new Pkcs10CertificateRequest(pem);
    const alternative = request.extensions.find(
      (one) => one instanceof SubjectAlternativeNameExtension,
    );
    const names = alternative?.names.items ?? [];
    const ofType = (type: string): string[] =>
      names.filter((name) => name.type === type).map(({ value }) => value);
    return ok({
      // Of several the last one counts, as for the API server.
      commonName: request.subjectName.getField("CN").at(-1) ?? "",
      organizations: request.subjectName.getField("O"),
      dnsNames: ofType("dns"),
      addresses: ofType("ip").map(canonicalAddress),
      hasEmails: ofType("email").length > 0,
      hasUris: ofType("url").length > 0,
      publicKey: createPublicKey(request.publicKey.toString("pem")),
      subject: request.subjectName,
      pem,
    });
  } catch {
    return err("it cannot be decoded");
  }
}

/** Whether whoever asks has the key that is to be certified. */
export async function isSignedByItsKey({ pem }: SigningRequest): Promise<boolean> {
  try {
    return await new Pkcs10CertificateRequest(pem).verify();
  } catch {
    return false;
  }
}
