import { nearest, type Problem } from "../../base/mod.ts";
import { parseAddress } from "../../ip/mod.ts";
import { inspectCertificate, isIssuedBy, keyMatches, parsePrivateKey } from "../../x509/mod.ts";
import { ENCRYPTION_FILE, verifyEncryptionConfig } from "./encryption.ts";
import {
  type CertificateSpec,
  certificateSpecs,
  type KubeconfigSpec,
  kubeconfigSpecs,
  type PkiInventory,
} from "./specs.ts";
import { verifyAuthority, verifyCertificate, verifyKubeconfig } from "./verify.ts";

/** What is asked of a cluster directory's certificates and kubeconfigs. */
export interface PkiRequest {
  readonly inventory: PkiInventory;
  /** For kubeconfigs: `explicit` where the user named it, else what kubeconfigs get that have none yet. */
  readonly server: { readonly url: string; readonly isExplicit: boolean };
  /** Names to issue anew whatever they are like; `faulty` for all that have a problem. */
  readonly renew: ReadonlySet<string> | "faulty";
  /** True: nothing is written; what is missing is a problem. */
  readonly isReadOnly?: boolean;
  /** How long new certificates are valid. */
  readonly days: number;
  readonly now: Date;
}

/** The directory's files by name, as far as they exist. */
export type PkiFiles = ReadonlyMap<string, string>;

/** One file to write, in an order in which each needs only those before it. */
export type PkiStep =
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "authority" }
  | { readonly kind: "certificate"; readonly spec: CertificateSpec }
  | { readonly kind: "kubeconfig"; readonly spec: KubeconfigSpec }
  | { readonly kind: "encryption" };

/** Which names of its predecessor a renewed certificate keeps, besides those that it needs. */
export interface KeptNames {
  readonly file: string;
  readonly kept: readonly string[];
  /** Left out: the old certificate is not signed by ca.crt, or is not its key's. */
  readonly dropped: readonly string[];
}

/** What to write, and what is wrong with the rest. */
export interface PkiPlan {
  readonly steps: readonly PkiStep[];
  readonly problems: readonly Problem[];
  readonly names?: readonly KeptNames[];
}

/** The file that a step writes. */
export function stepFile(step: PkiStep): string {
  switch (step.kind) {
    case "key":
      return `${step.name}.key`;
    case "authority":
      return "ca.crt";
    case "certificate":
      return `${step.spec.name}.crt`;
    case "kubeconfig":
      return `${step.spec.name}.kubeconfig`;
    case "encryption":
      return ENCRYPTION_FILE;
  }
}

/**
 * Decides what is missing or to be renewed. What exists is kept, and its faults are reported. A
 * renewed certificate keeps its key where that is usable: then one file is replaced at once, and
 * there is no moment at which key and certificate do not belong together.
 */
export function planPki(files: PkiFiles, request: PkiRequest): PkiPlan {
  const unknown = unknownNames(request);
  if (unknown.length > 0) return { steps: [], problems: unknown };
  const authority = planAuthority(files, request);
  const blocked = authority.problems.some((problem) => problem.severity === "error");
  if (blocked && !authority.isRenewed) return { steps: [], problems: authority.problems };

  const steps: PkiStep[] = [...authority.steps];
  const problems: Problem[] = authority.isRenewed ? [] : [...authority.problems];
  const issued = new Set<string>();
  const names: KeptNames[] = [];
  for (const spec of certificateSpecs(request.inventory)) {
    const part = planCertificate(files, spec, request);
    names.push(...(part.names ?? []));
    if (part.steps.some((step) => step.kind === "certificate")) issued.add(spec.name);
    steps.push(...part.steps);
    problems.push(...part.problems);
  }
  for (const spec of kubeconfigSpecs(request.inventory)) {
    const isFresh = authority.steps.length > 0 || issued.has(spec.name);
    const part = planKubeconfig(files, spec, { request, isFresh });
    steps.push(...part.steps);
    problems.push(...part.problems);
  }
  if (request.inventory.controlPlane.length > 0) {
    const encryption = files.get(ENCRYPTION_FILE);
    if (encryption === undefined) steps.push({ kind: "encryption" });
    else problems.push(...verifyEncryptionConfig(encryption));
  }
  return withoutSigning(files, { steps, problems, names });
}

/** Without the CA's key nothing can be signed: says so once, and leaves what needs no signature. */
function withoutSigning(files: PkiFiles, plan: PkiPlan): PkiPlan {
  const unsigned = plan.steps.filter(
    (step) => step.kind === "certificate" || step.kind === "authority",
  );
  const creates = plan.steps.some((step) => step.kind === "key" && step.name === "ca");
  if (unsigned.length === 0 || files.has("ca.key") || creates) return plan;
  const problem: Problem = {
    code: "no-authority-key",
    severity: "error",
    message: `Cannot sign ${unsigned.map(stepFile).join(", ")}: there is no ca.key`,
    locations: [{ file: "ca.crt", line: 1, column: 1 }],
    fix: "put ca.key next to ca.crt, or have these certificates signed where it is kept",
  };
  const unsignedNames = new Set(unsigned.map((step) => "spec" in step && step.spec.name));
  const steps = plan.steps.filter(
    (step) =>
      step.kind === "encryption" ||
      (step.kind === "kubeconfig" && !unsignedNames.has(step.spec.name)),
  );
  return { steps, problems: [...plan.problems, problem] };
}

function planAuthority(
  files: PkiFiles,
  request: PkiRequest,
): PkiPlan & { readonly isRenewed: boolean } {
  const certificate = files.get("ca.crt");
  const key = files.get("ca.key");
  if (certificate === undefined) {
    const orphans = certificateSpecs(request.inventory)
      .map((spec) => `${spec.name}.crt`)
      .filter((file) => files.has(file));
    if (orphans.length > 0) {
      return { steps: [], problems: [missingAuthority(orphans)], isRenewed: false };
    }
    if (key === undefined) {
      const steps: PkiStep[] = [{ kind: "key", name: "ca" }, { kind: "authority" }];
      return { steps, problems: [], isRenewed: false };
    }
    return { steps: [{ kind: "authority" }], problems: [], isRenewed: false };
  }
  const problems = verifyAuthority(
    { certificate, key, certificateFile: "ca.crt", keyFile: "ca.key" },
    request.now,
  );
  const isAsked = request.renew === "faulty" ? problems.length > 0 : request.renew.has("ca");
  const canRenew = key !== undefined && keyMatches(certificate, key);
  if (!isAsked || !canRenew) return { steps: [], problems, isRenewed: false };
  return { steps: [{ kind: "authority" }], problems: [], isRenewed: true };
}

function planCertificate(files: PkiFiles, spec: CertificateSpec, request: PkiRequest): PkiPlan {
  const certificateFile = `${spec.name}.crt`;
  const keyFile = `${spec.name}.key`;
  const certificate = files.get(certificateFile);
  const key = files.get(keyFile);
  const issue = (): PkiPlan => {
    const isUsable = key !== undefined && parsePrivateKey(key).ok;
    const extra = extraNames(spec, { certificate, key, authority: files.get("ca.crt") });
    const renewed = extra === undefined ? spec : withNames(spec, extra.kept);
    return {
      steps: [
        ...(isUsable ? [] : [{ kind: "key", name: spec.name } as const]),
        { kind: "certificate", spec: renewed },
      ],
      problems: [],
      names: extra === undefined ? [] : [extra],
    };
  };
  if (certificate === undefined) return issue();
  const verified = verifyCertificate({ certificate, key, certificateFile, keyFile }, spec, {
    authority: files.get("ca.crt") ?? "",
    now: request.now,
  });
  const problems =
    key === undefined ? [missingKey(certificateFile, keyFile, spec), ...verified] : verified;
  const isAsked = request.renew === "faulty" ? problems.length > 0 : request.renew.has(spec.name);
  return isAsked ? issue() : { steps: [], problems };
}

/**
 * The names that a certificate has besides those that it needs: whoever added one relies on it. They
 * are kept only from a certificate that the authority has signed for this key: the file itself is
 * public, and whoever may change it must not be able to have names signed. Undefined for none.
 */
function extraNames(
  spec: CertificateSpec,
  old: {
    readonly certificate: string | undefined;
    readonly key: string | undefined;
    readonly authority: string | undefined;
  },
): KeptNames | undefined {
  const { certificate, key, authority } = old;
  const info = certificate === undefined ? undefined : inspectCertificate(certificate);
  if (certificate === undefined || info?.ok !== true) return undefined;
  const needed = new Set([...spec.dnsNames, ...spec.addresses]);
  const extra = [...info.value.dnsNames, ...info.value.addresses].filter(
    (name) => !needed.has(name),
  );
  if (extra.length === 0) return undefined;
  const isOurs =
    info.value.commonName === spec.commonName &&
    key !== undefined &&
    keyMatches(certificate, key) &&
    isIssuedBy(certificate, authority ?? "");
  const file = `${spec.name}.crt`;
  return isOurs ? { file, kept: extra, dropped: [] } : { file, kept: [], dropped: extra };
}

function withNames(spec: CertificateSpec, names: readonly string[]): CertificateSpec {
  const isAddress = (name: string): boolean => parseAddress(name).ok;
  return {
    ...spec,
    dnsNames: [...spec.dnsNames, ...names.filter((name) => !isAddress(name))],
    addresses: [...spec.addresses, ...names.filter(isAddress)],
  };
}

function planKubeconfig(
  files: PkiFiles,
  spec: KubeconfigSpec,
  context: { readonly request: PkiRequest; readonly isFresh: boolean },
): PkiPlan {
  const { request, isFresh } = context;
  const write: PkiPlan = { steps: [{ kind: "kubeconfig", spec }], problems: [] };
  const text = files.get(`${spec.name}.kubeconfig`);
  const certificate = files.get(`${spec.name}.crt`);
  const hasPair = isFresh || (certificate !== undefined && files.has(`${spec.name}.key`));
  if (text === undefined) return hasPair ? write : { steps: [], problems: [] };
  if (isNamed(request, spec.name) || isFresh) return write;
  const authority = files.get("ca.crt");
  if (authority === undefined) return { steps: [], problems: [] };
  const problems = verifyKubeconfig(text, spec, {
    authority,
    certificate,
    commonName: spec.user,
    server: request.server.isExplicit ? request.server.url : undefined,
    now: request.now,
  });
  const isAsked = request.renew === "faulty" && problems.length > 0;
  return isAsked && hasPair ? write : { steps: [], problems };
}

function isNamed(request: PkiRequest, name: string): boolean {
  return request.renew !== "faulty" && request.renew.has(name);
}

function unknownNames(request: PkiRequest): Problem[] {
  if (request.renew === "faulty") return [];
  const known = ["ca", ...certificateSpecs(request.inventory).map((spec) => spec.name)];
  return [...request.renew]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return {
        code: "unknown-name",
        severity: "error",
        message: `There is no certificate of this name to renew: "${name}"`,
        locations: [],
        fix: near === undefined ? `use one of: ${known.join(", ")}` : `did you mean "${near}"?`,
      };
    });
}

function missingKey(certificateFile: string, keyFile: string, spec: CertificateSpec): Problem {
  return {
    code: "missing-key",
    severity: "error",
    message: `Private key is missing: ${keyFile}`,
    locations: [{ file: certificateFile, line: 1, column: 1 }],
    ...(spec.node === undefined ? {} : { node: spec.node }),
    fix: `put it back, or reissue both: nodewright pki --renew ${spec.name}`,
  };
}

/** A new CA beside certificates of another one would make a directory that never works. */
function missingAuthority(orphans: readonly string[]): Problem {
  return {
    code: "missing-authority",
    severity: "error",
    message: `There is no ca.crt, but certificates that it must have signed: ${orphans.join(", ")}`,
    locations: orphans.map((file) => ({ file, line: 1, column: 1 })),
    fix: "put ca.crt and ca.key back, or move these files away to begin with a new authority",
  };
}
