/**
 * HTTPS servers of a cluster's components: TLS with client certificates over Node's HTTP server.
 *
 * @module
 */
export { forwardUpgrade, type UpgradeRequest, type UpgradeTarget } from "./forward-upgrade.ts";
export {
  type CertificateUser,
  certificateUser,
  listen,
  peerCertificates,
  type TlsHttpOptions,
  TlsHttpServer,
} from "./tls-http-server.ts";
