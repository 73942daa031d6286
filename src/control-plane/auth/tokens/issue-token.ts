import type { ObjectRef } from "./claims.ts";
import { signToken } from "./jwt.ts";
import type { TokenKeys } from "./token-keys.ts";

/** What a token is to say. Durations and times are in seconds. */
export interface TokenSpec {
  readonly namespace: string;
  readonly serviceAccount: ObjectRef;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly pod?: ObjectRef;
  readonly secret?: ObjectRef;
  readonly node?: ObjectRef;
  /** After this many seconds its use is worth a warning, although it is still valid. */
  readonly warnAfterSeconds?: number;
}

/** The lifetime that mounted tokens ask for, which is extended while old clients do not reload them. */
export const PROJECTED_EXPIRATION_SECONDS = 3607;
export const EXTENDED_EXPIRATION_SECONDS = 365 * 24 * 60 * 60;

/** Signs a ServiceAccount token. */
export function issueToken(
  spec: TokenSpec,
  by: {
    readonly keys: TokenKeys;
    readonly issuer: string;
    readonly id: string;
    readonly now: number;
  },
): string {
  const issuedAt = Math.floor(by.now / 1000);
  const { namespace, serviceAccount, pod, secret, node, warnAfterSeconds } = spec;
  const claims = {
    aud: spec.audiences,
    exp: issuedAt + spec.expirationSeconds,
    iat: issuedAt,
    iss: by.issuer,
    jti: by.id,
    "kubernetes.io": {
      namespace,
      ...(node === undefined ? {} : { node }),
      ...(pod === undefined ? {} : { pod }),
      ...(secret === undefined ? {} : { secret }),
      serviceaccount: serviceAccount,
      ...(warnAfterSeconds === undefined ? {} : { warnafter: issuedAt + warnAfterSeconds }),
    },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
  };
  return signToken(claims, by.keys.signer);
}
