/**
 * Who sends a request: client certificates, ServiceAccount and bootstrap tokens, anonymous, and
 * whom an allowed caller acts as.
 *
 * @module
 */
export {
  type AuthenticatorDeps,
  bearerToken,
  type Credentials,
  RequestAuthenticator,
  type TokenUser,
} from "./authenticator.ts";
export { bootstrapTokenUser } from "./bootstrap-token.ts";
export { CertificateAuthenticator } from "./client-certificate.ts";
export { type HeaderList, type ImpersonationRefusal, impersonate } from "./impersonation.ts";
