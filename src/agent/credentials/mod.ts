/**
 * The node's certificates: the one that it shows to the API server and the one that it serves with,
 * asked for by certificate signing requests and renewed in time.
 *
 * @module
 */
export { CertificateKeeper, rotationDue } from "./certificate-keeper.ts";
export { type CertificatePair, CertificateStore, toPair } from "./certificate-store.ts";
export { NodeCredentials } from "./node-credentials.ts";
