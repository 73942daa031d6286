import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthorityCertificate, createKey, issueCertificate } from "../../kube/pki/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import type { AgentSettings } from "../config/mod.ts";

export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

const YEAR_MS = 365 * 86_400_000;

/** The certificate that the configuration names; else one of the agent's own making, kept beside it. */
export async function servingCertificate(
  settings: AgentSettings,
  addresses: readonly string[],
): Promise<ServingCertificate> {
  const { certFile, keyFile } = settings.server;
  if (certFile !== undefined && keyFile !== undefined) return await readPair(certFile, keyFile);
  const directory = settings.paths.certificates;
  const own = { cert: join(directory, "kubelet.crt"), key: join(directory, "kubelet.key") };
  const existing = await readPair(own.cert, own.key).catch(() => undefined);
  if (existing !== undefined) return existing;
  const made = await selfSigned(settings.nodeName, addresses);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await atomicWriteFile(own.key, made.key, { mode: 0o600 });
  await atomicWriteFile(own.cert, made.cert, { mode: 0o644 });
  return made;
}

async function readPair(certFile: string, keyFile: string): Promise<ServingCertificate> {
  return { cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
}

async function selfSigned(
  nodeName: string,
  addresses: readonly string[],
): Promise<ServingCertificate> {
  const now = Date.now();
  const validity = { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + YEAR_MS) };
  const authorityKey = await createKey();
  const subject = { commonName: `${nodeName}-ca@${Math.floor(now / 1000)}` };
  const authority = await createAuthorityCertificate(subject, authorityKey, validity);
  const key = await createKey();
  const spec = {
    ...{ name: "kubelet", commonName: `${nodeName}@${Math.floor(now / 1000)}` },
    ...{ dnsNames: [nodeName], addresses, usages: ["serverAuth" as const] },
    required: { organization: false, dnsNames: [] },
  };
  const signer = { certificate: authority, key: authorityKey, ...validity };
  return { cert: (await issueCertificate(spec, key, signer)) + authority, key };
}
