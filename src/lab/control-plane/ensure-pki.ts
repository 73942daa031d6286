import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasErrors, ProblemsError } from "../../base/mod.ts";
import { parseKubeconfigContext } from "../../kube/client/mod.ts";
import { ensurePki, type PkiMachine, renderKubeconfig } from "../../kube/pki/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import { type Lab, type LabMachine, labWorkers } from "../machines/mod.ts";

/** As long as the tutorial's: a lab does not live to see it. */
const DAYS = 3653;
/** The first of the service network, which is the API server's. */
const SERVICE_ADDRESS = "10.32.0.1";
const API_PORT = 6443;

/** The tutorial's certificates and kubeconfigs in a lab's cluster directory, made where missing. */
export async function ensureLabPki(
  lab: Lab,
  server: LabMachine,
  clusterDir: string,
): Promise<void> {
  const url = `https://${server.fqdn}:${API_PORT}`;
  const { problems } = await ensurePki(clusterDir, {
    inventory: {
      workers: labWorkers(lab).map(toPki),
      controlPlane: [toPki(server)],
      serverHost: server.fqdn,
      serviceAddress: SERVICE_ADDRESS,
      clusterDomain: "cluster.local",
    },
    server: { url, isExplicit: false },
    renew: new Set(),
    days: DAYS,
    now: new Date(),
  });
  if (hasErrors(problems)) {
    throw new ProblemsError(`Cannot use the certificates of ${clusterDir}`, problems);
  }
}

function toPki({ name, fqdn, address }: LabMachine): PkiMachine {
  return { name, fqdn, addresses: [address] };
}

/** Where the lab keeps a kubeconfig for this host, which does not know the name of the server. */
export function hostKubeconfig(lab: Pick<Lab, "dir">): string {
  return join(lab.dir, "kubeconfig");
}

/** The administrator's kubeconfig for this host: the API server by its address. */
export async function writeHostKubeconfig(
  lab: Lab,
  server: LabMachine,
  clusterDir: string,
): Promise<string> {
  const read = (name: string): Promise<string> => readFile(join(clusterDir, name), "utf8");
  const path = hostKubeconfig(lab);
  const admin = parseKubeconfigContext(await read("admin.kubeconfig"), "");
  const text = renderKubeconfig({
    server: `https://${server.address}:${API_PORT}`,
    authority: await read("ca.crt"),
    user: admin.ok ? admin.value.user : "admin",
    certificate: await read("admin.crt"),
    key: await read("admin.key"),
  });
  await atomicWriteFile(path, text, { mode: 0o600 });
  return path;
}
