/**
 * ServiceAccount tokens: JSON Web Tokens signed with RS256 or ES256/384/512, bound to objects that
 * must still exist when they are used.
 *
 * @module
 */
export type { ObjectRef } from "./claims.ts";
export {
  EXTENDED_EXPIRATION_SECONDS,
  issueToken,
  PROJECTED_EXPIRATION_SECONDS,
  type TokenSpec,
} from "./issue-token.ts";
export { parseToken, signToken } from "./jwt.ts";
export { jsonWebKeySet, loadTokenKeys, openIdConfiguration, type TokenKeys } from "./token-keys.ts";
export {
  type TokenVerifierDeps,
  type VerifiedToken,
  verifyServiceAccountToken,
} from "./verify-token.ts";
