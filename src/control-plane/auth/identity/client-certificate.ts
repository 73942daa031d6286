import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "../../../base/mod.ts";
import { inspectCertificate } from "../../../x509/mod.ts";
import { EXTRA, type UserInfo } from "../request/mod.ts";

/** How long a certificate has been found good for, and whom it names. */
interface KnownCertificate {
  readonly user: UserInfo;
  /** Milliseconds since the epoch, over the whole chain. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const MAX_CHAIN = 5;
const MAX_KNOWN = 1000;

/**
 * Finds out whom a client certificate names: common name and organizations, when it leads to one of
 * the authorities, may be used by clients and is valid now.
 */
export class CertificateAuthenticator {
  readonly #authorities: readonly X509Certificate[];
  readonly #now: () => number;
  /** Chains do not change, only time does: what was verified once is kept by fingerprint. */
  readonly #known = new Map<string, KnownCertificate>();

  /** `authorities` is a PEM bundle; throws where it holds no certificate. */
  constructor(authorities: string, now: () => number) {
    this.#authorities = splitPem(authorities).map((pem) => new X509Certificate(pem));
    if (this.#authorities.length === 0)
      throw new TypeError("No certificate in the client CA bundle");
    this.#now = now;
  }

  /** The leaf and any intermediates that the client sent, as DER. The error is a short reason. */
  identify(chain: readonly Uint8Array[]): Result<UserInfo, string> {
    const [leaf, ...intermediates] = chain.flatMap((der) => parse(der) ?? []);
    if (leaf === undefined) return err("it cannot be decoded");
    const key = leaf.fingerprint256;
    const known = this.#known.get(key) ?? this.#verify(leaf, intermediates);
    if (typeof known === "string") return err(known);
    const now = this.#now();
    if (now < known.notBefore) return err("it is not valid yet");
    if (now > known.notAfter) return err("it has expired");
    if (!this.#known.has(key)) this.#remember(key, known);
    return ok(known.user);
  }

  #remember(key: string, known: KnownCertificate): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, known);
  }

  #verify(
    leaf: X509Certificate,
    intermediates: readonly X509Certificate[],
  ): KnownCertificate | string {
    const info = inspectCertificate(leaf.toString());
    if (!info.ok) return info.error;
    const { usages, commonName = "", organizations } = info.value;
    if (usages.length > 0 && !usages.some((one) => one === "clientAuth" || one === ANY_USAGE)) {
      return "it is not for clients";
    }
    if (commonName === "") return "it has no common name";
    const chain = this.#chainOf(leaf, intermediates);
    if (chain === undefined) return "it is not signed by the client CA";
    const credential = `X509SHA256=${leaf.fingerprint256.replaceAll(":", "").toLowerCase()}`;
    return {
      user: {
        name: commonName,
        groups: organizations,
        extra: { [EXTRA.credentialId]: [credential] },
      },
      notBefore: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
      notAfter: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
    };
  }

  /** The leaf and everything up to an authority; undefined where none is reached. */
  #chainOf(
    leaf: X509Certificate,
    intermediates: readonly X509Certificate[],
  ): X509Certificate[] | undefined {
    const chain = [leaf];
    while (chain.length <= MAX_CHAIN) {
      const last = chain.at(-1) ?? leaf;
      const authority = this.#authorities.find((one) => isIssuer(one, last));
      if (authority !== undefined) return [...chain, authority];
      const next = intermediates.find((one) => !chain.includes(one) && isIssuer(one, last));
      if (next === undefined) return undefined;
      chain.push(next);
    }
    return undefined;
  }
}

// RFC 5280 section 4.2.1.12: anyExtendedKeyUsage
const ANY_USAGE = "2.5.29.37.0";

function isIssuer(authority: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return (
      authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
    );
  } catch {
    // A signature algorithm of another kind than the key: then it was not this key.
    return false;
  }
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function splitPem(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}
