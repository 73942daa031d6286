import type { Problem } from "../../base/mod.ts";
import { type CertificateInfo, daysUntil, inspectCertificate } from "../../x509/mod.ts";
import { parseKubeconfigContext } from "../client/mod.ts";
import { ENCRYPTION_FILE, renderEncryptionConfig } from "./encryption.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { findOpenFiles, lockPkiFiles, readPkiFiles, writePkiFile } from "./pki-files.ts";
import {
  type KeptNames,
  type PkiPlan,
  type PkiRequest,
  type PkiStep,
  planPki,
  stepFile,
} from "./plan.ts";
import { certificateSpecs, kubeconfigSpecs } from "./specs.ts";

/** Ten years, for an authority that nothing renews by itself; nothing it signs outlives it. */
const AUTHORITY_DAYS = 3653;

/** One certificate or kubeconfig of the directory, as it is now. */
export interface PkiEntry {
  readonly file: string;
  /** For kubeconfigs: of the certificate inside. Undefined where there is none or it cannot be read. */
  readonly certificate: CertificateInfo | undefined;
  readonly daysLeft: number | undefined;
  /** What this run did with it. */
  readonly action: "created" | "renewed" | "kept";
}

/** The outcome: what is there now, what was written, what is wrong with what was kept. */
export interface PkiOutcome {
  readonly entries: readonly PkiEntry[];
  readonly written: readonly string[];
  readonly problems: readonly Problem[];
  /** Of the renewed certificates those that had names of their own. */
  readonly names: readonly KeptNames[];
}

/**
 * Makes what is missing in a cluster directory's CA, certificates and kubeconfigs, renews what is
 * asked for, and reports on the rest. Each file is replaced as a whole; interrupted at any point,
 * the next run goes on from there. Rejects with kinds "pki" and "file".
 */
export async function ensurePki(
  directory: string,
  request: PkiRequest,
  signal?: AbortSignal,
): Promise<PkiOutcome> {
  using _lock = await lockPkiFiles(directory, fileNames(request), signal);
  const before = await readPkiFiles(directory, fileNames(request));
  const plan: PkiPlan = planPki(before, request);
  const files = new Map(before);
  const written: string[] = [];
  const missing = request.isReadOnly === true ? plan.steps.map(stepFile) : [];
  for (const step of request.isReadOnly === true ? [] : plan.steps) {
    signal?.throwIfAborted();
    const file = stepFile(step);
    const text = await produce(step, files, request);
    await writePkiFile(directory, file, text);
    files.set(file, text);
    written.push(file);
  }
  const entries = fileNames(request)
    .filter((file) => files.has(file) && !file.endsWith(".key") && file !== ENCRYPTION_FILE)
    .map((file) => entryOf(file, { before, after: files, written, now: request.now }));
  const open = await findOpenFiles(
    directory,
    fileNames(request).filter((file) => !file.endsWith(".crt")),
  );
  const problems = [
    ...plan.problems,
    ...open.map(openProblem),
    ...missing.filter((file) => !before.has(file)).map(missingProblem),
  ];
  return { entries, written, problems, names: plan.names ?? [] };
}

function missingProblem(file: string): Problem {
  return {
    code: "missing-file",
    severity: "error",
    message: `Missing: ${file}`,
    locations: [{ file, line: 1, column: 1 }],
    fix: "nodewright pki creates it",
  };
}

function openProblem({ name, mode }: { readonly name: string; readonly mode: number }): Problem {
  return {
    code: "open-key",
    severity: "warning",
    message: `Others than its owner may read a private key: mode ${mode.toString(8).padStart(4, "0")}`,
    locations: [{ file: name, line: 1, column: 1 }],
    fix: `chmod 600 ${name}`,
  };
}

function fileNames({ inventory }: PkiRequest): string[] {
  return [
    ...["ca", ...certificateSpecs(inventory).map((spec) => spec.name)].flatMap((name) => [
      `${name}.crt`,
      `${name}.key`,
    ]),
    ...kubeconfigSpecs(inventory).map((spec) => `${spec.name}.kubeconfig`),
    ...(inventory.controlPlane.length === 0 ? [] : [ENCRYPTION_FILE]),
  ];
}

/** The text of a step's file, made from the files before it. */
async function produce(
  step: PkiStep,
  files: ReadonlyMap<string, string>,
  request: PkiRequest,
): Promise<string> {
  // Only issuing needs the X.509 library, and it is the slow one to load.
  const { createAuthorityCertificate, createKey, issueCertificate } = await import("./issue.ts");
  const need = (file: string): string => {
    const text = files.get(file);
    if (text === undefined) throw new TypeError(`the plan lacks ${file}`);
    return text;
  };
  const validity = validityOf(request);
  switch (step.kind) {
    case "key":
      return await createKey();
    case "authority": {
      const old = files.get("ca.crt");
      const subject = old === undefined ? { commonName: "CA" } : { like: old };
      const days = Math.max(request.days, AUTHORITY_DAYS);
      const longer = validityOf({ now: request.now, days });
      return await createAuthorityCertificate(subject, need("ca.key"), longer);
    }
    case "certificate": {
      const signer = { certificate: need("ca.crt"), key: need("ca.key"), ...validity };
      return await issueCertificate(step.spec, need(`${step.spec.name}.key`), signer);
    }
    case "kubeconfig":
      return renderKubeconfig({
        server: serverFor(files.get(stepFile(step)), request),
        authority: need("ca.crt"),
        user: step.spec.user,
        certificate: need(`${step.spec.name}.crt`),
        key: need(`${step.spec.name}.key`),
      });
    case "encryption":
      return renderEncryptionConfig();
  }
}

/** A kubeconfig that is written again keeps its server, unless the user named another. */
function serverFor(old: string | undefined, request: PkiRequest): string {
  if (request.server.isExplicit || old === undefined) return request.server.url;
  const context = parseKubeconfigContext(old, "");
  return context.ok ? context.value.server : request.server.url;
}

/** Begins five minutes ago: a node's clock may be a little behind the jumpbox's. */
function validityOf({ now, days }: Pick<PkiRequest, "now" | "days">): {
  notBefore: Date;
  notAfter: Date;
} {
  return {
    notBefore: new Date(now.getTime() - 5 * 60_000),
    notAfter: new Date(now.getTime() + days * 86_400_000),
  };
}

function entryOf(
  file: string,
  state: {
    readonly before: ReadonlyMap<string, string>;
    readonly after: ReadonlyMap<string, string>;
    readonly written: readonly string[];
    readonly now: Date;
  },
): PkiEntry {
  const text = state.after.get(file) ?? "";
  const info = inspectCertificate(file.endsWith(".kubeconfig") ? certificateIn(text) : text);
  const certificate = info.ok ? info.value : undefined;
  const action = state.before.has(file) ? "renewed" : "created";
  return {
    file,
    certificate,
    daysLeft: certificate === undefined ? undefined : daysUntil(certificate.notAfter, state.now),
    action: state.written.includes(file) ? action : "kept",
  };
}

function certificateIn(kubeconfig: string): string {
  const context = parseKubeconfigContext(kubeconfig, "");
  if (!context.ok || context.value.cert === undefined) return "";
  return "text" in context.value.cert ? context.value.cert.text : "";
}
