/**
 * The CA, certificates and kubeconfigs of a cluster directory: `ca.crt`, `NODE.crt`, `NODE.key`,
 * `NODE.kubeconfig`, `kube-proxy.*`, `admin.*` and the control plane's. Missing ones are made, the
 * others verified. Keys are ECDSA P-256; a CA made elsewhere may have RSA, P-256 or P-384.
 * There is no revocation: a leaked key needs a new CA.
 *
 * @module
 */
export { ensurePki, type PkiEntry, type PkiOutcome } from "./ensure.ts";
export {
  type Certified,
  certify,
  createAuthorityCertificate,
  createKey,
  issueCertificate,
} from "./issue.ts";
export { type KubeconfigContent, renderKubeconfig } from "./kubeconfig.ts";
export {
  type PkiFiles,
  type PkiPlan,
  type PkiRequest,
  type PkiStep,
  planPki,
  stepFile,
} from "./plan.ts";
export { isSignedByItsKey, readRequest, type SigningRequest } from "./read-request.ts";
export { createSigningRequest, type RequestedSubject } from "./request.ts";
export {
  type CertificateSpec,
  certificateSpecs,
  type KubeconfigSpec,
  kubeconfigSpecs,
  type PkiInventory,
  type PkiMachine,
  RESERVED_NAMES,
} from "./specs.ts";
export {
  verifyAuthority,
  verifyCertificate,
  verifyKubeconfig,
} from "./verify.ts";
