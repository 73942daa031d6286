/**
 * X.509 certificates and private keys as Kubernetes reads them: names, usages, times, which key
 * belongs to which certificate. Pure; making certificates is src/kube/pki's work.
 *
 * @module
 */
export { coversName } from "./covers-name.ts";
export { daysUntil, EXPIRY_WARNING_DAYS } from "./expiry.ts";
export {
  type CertificateInfo,
  canonicalAddress,
  inspectCertificate,
  isIssuedBy,
  keyFingerprint,
  keyMatches,
  parsePrivateKey,
} from "./inspect.ts";
