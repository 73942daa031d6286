import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CertificateSpec,
  certificateSpecs,
  type PkiInventory,
  renderKubeconfig,
} from "../../../kube/pki/mod.ts";
import {
  createAuthorityCertificate,
  createKey,
  issueCertificate,
} from "../../../kube/pki/testing/mod.ts";

const DAY_MS = 86_400_000;

/**
 * `pki.json` of a case: by file (`node-0.crt`, `node-0.kubeconfig`, `node-0.key`, `ca.crt`) what is
 * different from what `pki` makes; the file is made anew, the others stay.
 */
export type CasePki = Readonly<Record<string, PkiChange>>;

interface PkiChange {
  readonly commonName?: string;
  readonly organization?: string;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  readonly usages?: CertificateSpec["usages"];
  /** How long it is still valid; negative: since when no more. By default 365. */
  readonly days?: number;
  /** Days until it begins to be valid. */
  readonly fromDays?: number;
  /** Signed by another authority than ca.crt. */
  readonly isForeign?: boolean;
  /** A key that does not belong to the certificate. */
  readonly hasOtherKey?: boolean;
  /** Of a kubeconfig. */
  readonly server?: string;
}

/** What the files of a case are made from. */
export interface PkiContext {
  readonly inventory: PkiInventory;
  readonly server: string;
  readonly now: Date;
}

/** Makes the files that pki.json names anew, in a copy of the base. */
export async function applyPki(dir: string, pki: CasePki, context: PkiContext): Promise<void> {
  for (const [file, change] of Object.entries(pki)) {
    await writeFile(join(dir, file), await make(dir, file, { change, context }));
  }
}

async function make(
  dir: string,
  file: string,
  { change, context }: { change: PkiChange; context: PkiContext },
): Promise<string> {
  const read = (name: string): Promise<string> => readFile(join(dir, name), "utf8");
  const dot = file.lastIndexOf(".");
  const [name, kind] = [file.slice(0, dot), file.slice(dot)];
  const ownKey = await read(`${name}.key`);
  const key = change.hasOtherKey === true ? await createKey() : ownKey;
  if (kind === ".key") return key;
  const validity = validityOf(change, context.now);
  if (name === "ca") return createAuthorityCertificate({ commonName: "CA" }, ownKey, validity);
  const authority = { certificate: await read("ca.crt"), key: await read("ca.key") };
  const signer = change.isForeign === true ? await foreignAuthority(context.now) : authority;
  const spec = certificateSpecs(context.inventory).find((one) => one.name === name);
  if (spec === undefined) throw new TypeError(`pki.json: no certificate of that name: ${name}`);
  const certificate = await issueCertificate({ ...spec, ...change }, ownKey, {
    ...signer,
    ...validity,
  });
  if (kind === ".crt") return certificate;
  const { server = context.server } = change;
  return renderKubeconfig({
    server,
    authority: change.isForeign === true ? signer.certificate : authority.certificate,
    user: spec.commonName,
    certificate,
    key,
  });
}

function validityOf({ days = 365, fromDays }: PkiChange, now: Date) {
  const notAfter = new Date(now.getTime() + days * DAY_MS);
  const begin = fromDays === undefined ? Math.min(-1, days - 365) : fromDays;
  return { notBefore: new Date(now.getTime() + begin * DAY_MS), notAfter };
}

async function foreignAuthority(now: Date): Promise<{ certificate: string; key: string }> {
  const key = await createKey();
  const validity = validityOf({ days: 3650, fromDays: -1 }, now);
  return {
    certificate: await createAuthorityCertificate({ commonName: "Other" }, key, validity),
    key,
  };
}
