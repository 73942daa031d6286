import { importKeys, toPem } from "./issue.ts";
import {
  type JsonGeneralNames,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "./x509-library.ts";

/** Whom a certificate is asked for. */
export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
}

/** A PKCS #10 certificate request (PEM) for a key; rejects with kind "pki" for a key it cannot use. */
export async function createSigningRequest(
  subject: RequestedSubject,
  keyPem: string,
): Promise<string> {
  const keys = await importKeys(keyPem);
  const names: JsonGeneralNames = [
    ...(subject.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(subject.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [...subject.organizations] }, { CN: [subject.commonName] }],
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    signingAlgorithm: keys.signing,
    extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)],
  });
  return toPem("CERTIFICATE REQUEST", request.rawData);
}
