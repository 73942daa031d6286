import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, messageOf, NodewrightError } from "../../base/mod.ts";
import { type ConnectionSource, KubeClient } from "../../kube/client/mod.ts";
import { createAuthorityCertificate, createKey, issueCertificate } from "../../kube/pki/mod.ts";
import { atomicWriteFile, readUserText } from "../../sys/mod.ts";
import type { AgentSettings } from "../config/mod.ts";
import {
  CertificateKeeper,
  type CertificatePair,
  CertificateStore,
  toPair,
} from "../credentials/mod.ts";

const YEAR_MS = 365 * 86_400_000;

export interface ServingDeps {
  readonly settings: AgentSettings;
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** The pair of the files that the configuration names; rejects with kind "server". */
export async function readServingFiles(
  certFile: string,
  keyFile: string,
): Promise<CertificatePair> {
  const read = async (path: string): Promise<string> =>
    await readUserText(path).catch((cause: unknown) => {
      const reason = messageOf(cause);
      throw new NodewrightError("server", `Cannot read "${path}": ${reason}`, { cause });
    });
  const pair = toPair(await read(certFile), await read(keyFile));
  if (typeof pair !== "string") return pair;
  throw new NodewrightError("server", `Cannot serve with the certificate "${certFile}": ${pair}`, {
    fix: `write a certificate to ${certFile} and its key to ${keyFile}`,
  });
}

/** A certificate of the agent's own making, kept beside its others. */
export async function ownCertificate({
  settings,
  addresses,
  clock,
}: ServingDeps): Promise<CertificatePair> {
  const directory = settings.paths.certificates;
  const own = { cert: join(directory, "kubelet.crt"), key: join(directory, "kubelet.key") };
  const existing = await readServingFiles(own.cert, own.key).catch(() => undefined);
  if (existing !== undefined && existing.info.notAfter.getTime() > clock.now()) return existing;
  const made = await selfSigned(settings.nodeName, addresses);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await atomicWriteFile(own.key, made.key, { mode: 0o600 });
  await atomicWriteFile(own.cert, made.cert, { mode: 0o644 });
  return await readServingFiles(own.cert, own.key);
}

/** Keeps a serving certificate that the cluster has signed (serverTLSBootstrap). */
export async function servingKeeper(
  { settings, addresses, clock, log }: ServingDeps,
  options: {
    readonly credentials: ConnectionSource;
    readonly onChange: () => void;
  },
): Promise<CertificateKeeper> {
  const { nodeName } = settings;
  const store = new CertificateStore(settings.paths.certificates, "kubelet-server");
  const stored = await store.read();
  const names = [nodeName, ...addresses];
  const serves = [...(stored?.info.dnsNames ?? []), ...(stored?.info.addresses ?? [])];
  const isUsable =
    stored !== undefined &&
    stored.info.notAfter.getTime() > clock.now() &&
    names.every((name) => serves.includes(name));
  const { credentials, onChange } = options;
  return new CertificateKeeper(
    {
      ...{ store, clock, log, onChange, random: Math.random },
      wanted: {
        signerName: "kubernetes.io/kubelet-serving",
        subject: {
          commonName: `system:node:${nodeName}`,
          organizations: ["system:nodes"],
          ...{ dnsNames: [nodeName], addresses },
        },
        usages: ["digital signature", "server auth"],
      },
      client: async () => new KubeClient(credentials),
    },
    isUsable ? stored : undefined,
  );
}

async function selfSigned(
  nodeName: string,
  addresses: readonly string[],
): Promise<{ readonly cert: string; readonly key: string }> {
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
