import type { Problem } from "../../base/mod.ts";
import {
  type CertificateInfo,
  canonicalAddress,
  coversName,
  daysUntil,
  EXPIRY_WARNING_DAYS,
  inspectCertificate,
  isIssuedBy,
  keyMatches,
  parsePrivateKey,
} from "../../x509/mod.ts";
import { type KubeconfigContext, type PemSource, parseKubeconfigContext } from "../client/mod.ts";
import type { CertificateSpec, KubeconfigSpec } from "./specs.ts";

/** A certificate and its key as found, with the names they are reported by. */
export interface FoundPair {
  readonly certificate: string;
  /** Undefined where the key is kept elsewhere. */
  readonly key: string | undefined;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What is wrong with a CA: not a CA, expired, another key. */
export function verifyAuthority(found: FoundPair, now: Date): Problem[] {
  const report = reporter(found.certificateFile, "ca", undefined);
  const info = inspectCertificate(found.certificate);
  if (!info.ok) {
    return [report("bad-certificate", `Cannot read the certificate: ${info.error}`)];
  }
  const problems = [...timeProblems(info.value, now, report), ...keyProblems(found, report)];
  if (!info.value.isAuthority) {
    problems.push(
      report(
        "not-an-authority",
        "Certificate may not sign others: basicConstraints is not CA:TRUE",
      ),
    );
  }
  return problems;
}

/** What is wrong with a certificate: key, chain, identity, names, usages, time. */
export function verifyCertificate(
  found: FoundPair,
  spec: CertificateSpec,
  context: { readonly authority: string; readonly now: Date },
): Problem[] {
  const report = reporter(found.certificateFile, spec.name, spec.node);
  const info = inspectCertificate(found.certificate);
  if (!info.ok) {
    return [report("bad-certificate", `Cannot read the certificate: ${info.error}`)];
  }
  const problems = [
    ...timeProblems(info.value, context.now, report),
    ...keyProblems(found, report),
  ];
  if (!isIssuedBy(found.certificate, context.authority)) {
    problems.push(
      report(
        "unknown-authority",
        `Certificate is not signed by the key of ca.crt: its issuer is "${info.value.issuer}"`,
      ),
    );
  }
  return [
    ...problems,
    ...subjectProblems(info.value, spec, report),
    ...nameProblems(info.value, spec, report),
  ];
}

/** What is wrong with a kubeconfig: another user or node, another CA, another or an expired certificate. */
export function verifyKubeconfig(
  text: string,
  spec: KubeconfigSpec,
  expected: {
    readonly authority: string;
    readonly certificate: string | undefined;
    readonly commonName: string;
    /** Only where the user named it; undefined takes whatever server there is. */
    readonly server: string | undefined;
    readonly now: Date;
  },
): Problem[] {
  const report = reporter(`${spec.name}.kubeconfig`, spec.name, spec.node);
  const context = parseKubeconfigContext(text, `${spec.name}.kubeconfig`);
  if (!context.ok) {
    const [{ message, locations }] = context.error;
    return [{ ...report("bad-kubeconfig", `Cannot use the kubeconfig: ${message}`), locations }];
  }
  const { value } = context;
  const problems: Problem[] = [];
  if (expected.server !== undefined && value.server !== expected.server) {
    problems.push(
      report("other-server", `Kubeconfig has another server than --server: "${value.server}"`),
    );
  }
  const ca = inlineText(value.ca);
  if (ca !== undefined && !isSameCertificate(ca, expected.authority)) {
    problems.push(report("other-authority", "Kubeconfig has another authority than ca.crt"));
  }
  return [...problems, ...identityProblems(value, expected, report)];
}

function identityProblems(
  context: KubeconfigContext,
  expected: {
    readonly certificate: string | undefined;
    readonly commonName: string;
    readonly now: Date;
  },
  report: Report,
): Problem[] {
  const certificate = inlineText(context.cert);
  if (certificate === undefined) return [];
  const info = inspectCertificate(certificate);
  if (!info.ok) {
    return [report("bad-certificate", `Cannot read the kubeconfig's certificate: ${info.error}`)];
  }
  const problems = timeProblems(info.value, expected.now, report);
  if (info.value.commonName !== expected.commonName) {
    const found = info.value.commonName ?? "none";
    problems.push(
      report("other-user", `Kubeconfig must be for "${expected.commonName}": it is for "${found}"`),
    );
  } else if (
    expected.certificate !== undefined &&
    inspectCertificate(expected.certificate).ok &&
    !isSameCertificate(certificate, expected.certificate)
  ) {
    problems.push(
      report(
        "stale-kubeconfig",
        "Kubeconfig has another certificate than the .crt file",
        "warning",
      ),
    );
  }
  const key = inlineText(context.key?.reveal());
  if (key !== undefined && !keyMatches(certificate, key)) {
    problems.push(report("key-mismatch", "Kubeconfig's key does not belong to its certificate"));
  }
  return problems;
}

type Report = (code: string, message: string, severity?: Problem["severity"]) => Problem;

function reporter(file: string, name: string, node: string | undefined): Report {
  return (code, message, severity = "error") => ({
    code,
    severity,
    message,
    locations: [{ file, line: 1, column: 1 }],
    ...(node === undefined ? {} : { node }),
    fix: `reissue it: nodewright pki --renew ${name}`,
  });
}

function timeProblems(
  info: { readonly notBefore: Date; readonly notAfter: Date },
  now: Date,
  report: Report,
): Problem[] {
  if (now > info.notAfter) {
    return [report("expired", `Certificate has expired: ${info.notAfter.toISOString()}`)];
  }
  if (now < info.notBefore) {
    const from = info.notBefore.toISOString();
    return [
      report("not-yet-valid", `Certificate is not valid yet, or the clock is wrong: ${from}`),
    ];
  }
  const days = daysUntil(info.notAfter, now);
  if (days >= EXPIRY_WARNING_DAYS) return [];
  return [report("expires-soon", `Certificate expires in ${days} days`, "warning")];
}

function keyProblems(found: FoundPair, report: Report): Problem[] {
  if (found.key === undefined) return [];
  const key = parsePrivateKey(found.key);
  if (!key.ok)
    return [report("bad-key", `Cannot use the private key: ${found.keyFile}: ${key.error}`)];
  if (keyMatches(found.certificate, found.key)) return [];
  return [
    report("key-mismatch", `Private key does not belong to the certificate: ${found.keyFile}`),
  ];
}

/** Another user or group than the API server is to take it for, or not allowed as what it is used as. */
function subjectProblems(info: CertificateInfo, spec: CertificateSpec, report: Report): Problem[] {
  const { commonName, organizations, usages } = info;
  const problems: Problem[] = [];
  if (commonName !== spec.commonName) {
    const found = commonName ?? "none";
    problems.push(
      report(
        "wrong-common-name",
        `Certificate must have the common name "${spec.commonName}": "${found}"`,
      ),
    );
  }
  if (spec.required.organization && !organizations.includes(spec.organization ?? "")) {
    problems.push(
      report(
        "wrong-organization",
        `Certificate must have the organization "${spec.organization ?? ""}": "${organizations.join('", "')}"`,
      ),
    );
  }
  // Without the extension every usage is allowed (RFC 5280 section 4.2.1.12).
  const missing = usages.length === 0 ? [] : spec.usages.filter((use) => !usages.includes(use));
  if (missing.length > 0) {
    problems.push(
      report(
        "wrong-usage",
        `Certificate must allow ${missing.join(" and ")}: ${usages.join(", ")}`,
      ),
    );
  }
  return problems;
}

function nameProblems(
  info: { readonly dnsNames: readonly string[]; readonly addresses: readonly string[] },
  spec: CertificateSpec,
  report: Report,
): Problem[] {
  const missing = [
    ...spec.dnsNames.filter((name) => !coversName(info.dnsNames, name)),
    ...spec.addresses.filter((address) => !info.addresses.includes(canonicalAddress(address))),
  ];
  const required = spec.required.dnsNames.filter((name) => missing.includes(name));
  if (required.length > 0) {
    return [report("missing-name", `Certificate must be valid for: ${required.join(", ")}`)];
  }
  if (missing.length === 0) return [];
  return [report("missing-name", `Certificate is not valid for: ${missing.join(", ")}`, "warning")];
}

function isSameCertificate(a: string, b: string): boolean {
  const first = inspectCertificate(a);
  const second = inspectCertificate(b);
  return first.ok && second.ok && first.value.fingerprint === second.value.fingerprint;
}

function inlineText(source: PemSource | undefined): string | undefined {
  return source !== undefined && "text" in source ? source.text : undefined;
}
