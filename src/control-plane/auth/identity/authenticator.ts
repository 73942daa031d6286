import { err, ok, type Result } from "../../../base/mod.ts";
import { ANONYMOUS, authenticated, type UserInfo } from "../request/mod.ts";
import { type TokenVerifierDeps, verifyServiceAccountToken } from "../tokens/mod.ts";
import { bootstrapTokenUser } from "./bootstrap-token.ts";
import type { CertificateAuthenticator } from "./client-certificate.ts";

export interface AuthenticatorDeps extends TokenVerifierDeps {
  /** Absent where no client CA is configured. */
  readonly certificates?: CertificateAuthenticator;
  readonly anonymous: boolean;
  /** Told why a credential was refused; never the credential. */
  readonly onRefused?: (why: string) => void;
}

/** What a request says about its sender. */
export interface Credentials {
  /** The leaf first, as DER; empty where the client sent no certificate. */
  readonly peerCertificates: readonly Uint8Array[];
  readonly authorization: string | undefined;
}

/** A token's user and the audiences it is for. */
export interface TokenUser {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** Who sends a request: by certificate, then by bearer token, then nobody in particular. */
export class RequestAuthenticator {
  readonly #deps: AuthenticatorDeps;

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
  }

  /** undefined where the request is to be refused with 401. */
  identify({ peerCertificates, authorization }: Credentials): UserInfo | undefined {
    const { certificates, anonymous, onRefused } = this.#deps;
    const hasCertificate = certificates !== undefined && peerCertificates.length > 0;
    const byCertificate = hasCertificate ? certificates.identify(peerCertificates) : undefined;
    if (byCertificate?.ok) return authenticated(byCertificate.value);
    if (byCertificate !== undefined) onRefused?.(`client certificate: ${byCertificate.error}`);
    const token = bearerToken(authorization);
    if (token !== undefined) {
      const byToken = this.identifyToken(token);
      if (byToken.ok) return byToken.value.user;
      onRefused?.(`bearer token: ${byToken.error}`);
      // A credential that does not count is a mistake, and never somebody anonymous.
      return undefined;
    }
    if (byCertificate !== undefined) return undefined;
    return anonymous ? ANONYMOUS : undefined;
  }

  /** Whom a token stands for; `audiences` are those that it should be for, by default the API server's. */
  identifyToken(token: string, audiences?: readonly string[]): Result<TokenUser, string> {
    const deps = this.#deps;
    const verified = verifyServiceAccountToken(deps, token, audiences ?? deps.audiences);
    if (verified !== undefined && !verified.ok) return verified;
    if (verified !== undefined) {
      return ok({ user: authenticated(verified.value.user), audiences: verified.value.audiences });
    }
    const wanted = audiences ?? deps.audiences;
    const own = wanted.filter((one) => deps.audiences.includes(one));
    // Bootstrap tokens name no audience: they are for the API server.
    const bootstrap =
      own.length === 0 ? undefined : bootstrapTokenUser(deps.objects, token, deps.now());
    return bootstrap === undefined
      ? err("invalid bearer token")
      : ok({ user: authenticated(bootstrap), audiences: own });
  }
}

/** The token of an Authorization header; undefined for other schemes and for no token. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const [scheme = "", token = ""] = (authorization ?? "").trim().split(" ");
  return scheme.toLowerCase() === "bearer" && token !== "" ? token : undefined;
}
