import { Secret } from "../../base/mod.ts";
import type { ApiConnection } from "../client/mod.ts";
import { createAuthorityCertificate, createKey, issueCertificate } from "../pki/issue.ts";
import type { CertificateSpec } from "../pki/mod.ts";

/** What a test certificate is to be; everything else is that of a good client certificate. */
export interface TestCertificate extends Partial<CertificateSpec> {
  readonly commonName: string;
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in an hour. */
  readonly notAfter?: Date;
}

const HOUR_MS = 3_600_000;

/** A CA in memory that signs whatever a test needs, expired and wrong certificates included. */
export class TestAuthority {
  readonly certificate: string;
  readonly key: Secret;

  private constructor(certificate: string, key: string) {
    this.certificate = certificate;
    this.key = new Secret(key);
  }

  /** Valid from `days` before to `days` after the given time; by default 40 days around now. */
  static async create(
    commonName = "CA",
    around: { readonly now: Date; readonly days: number } = { now: new Date(), days: 40 },
  ): Promise<TestAuthority> {
    const key = await createKey();
    const now = around.now.getTime();
    const certificate = await createAuthorityCertificate({ commonName }, key, {
      notBefore: new Date(now - around.days * 24 * HOUR_MS),
      notAfter: new Date(now + around.days * 24 * HOUR_MS),
    });
    return new TestAuthority(certificate, key);
  }

  /** A certificate and key (PEM). */
  async issue(wanted: TestCertificate): Promise<{ readonly cert: string; readonly key: Secret }> {
    const { notBefore, notAfter, ...rest } = wanted;
    const key = await createKey();
    const spec: CertificateSpec = {
      name: "test",
      dnsNames: [],
      addresses: [],
      usages: ["clientAuth"],
      required: { organization: false, dnsNames: [] },
      ...rest,
    };
    const cert = await issueCertificate(spec, key, {
      certificate: this.certificate,
      key: this.key.reveal(),
      notBefore: notBefore ?? new Date(Date.now() - HOUR_MS),
      notAfter: notAfter ?? new Date(Date.now() + HOUR_MS),
    });
    return { cert, key: new Secret(key) };
  }

  /** A serving certificate for loopback and the given names. */
  async issueServer(
    dnsNames: readonly string[] = [],
    addresses: readonly string[] = [],
  ): Promise<{ readonly cert: string; readonly key: Secret }> {
    return await this.issue({
      commonName: "kubernetes",
      dnsNames: ["localhost", ...dnsNames],
      addresses: ["127.0.0.1", ...addresses],
      usages: ["serverAuth", "clientAuth"],
    });
  }

  /** A connection to a server of this authority as a user with these groups. */
  async connect(
    server: string,
    user: { readonly name: string; readonly group?: string },
  ): Promise<ApiConnection> {
    const pair = await this.issue({
      commonName: user.name,
      ...(user.group === undefined ? {} : { organization: user.group }),
    });
    return { server, ca: this.certificate, ...pair };
  }
}
