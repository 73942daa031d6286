import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensurePki, renderKubeconfig } from "../../../kube/pki/mod.ts";
import { CASE_MACHINES, CASE_TIME } from "./base-facts.ts";
import { applyPki } from "./case-pki.ts";
import { PKI_INVENTORY, SERVER } from "./rule-case.ts";

const ORIGIN = join(import.meta.dirname, "../../render/fixtures/origin");

/** What the tutorial's downloads-amd64.txt pins. */
export const ORIGIN_VERSIONS = {
  containerd: "2.1.0-beta.0",
  runc: "1.3.0-rc.1",
  "cni-plugins": "1.6.2",
  crictl: "1.32.0",
  kubelet: "1.32.3",
  "kube-proxy": "1.32.3",
} as const;

/**
 * The tutorial's jumpbox, unchanged: its files for worker nodes, its machines, and certificates of
 * the shape that its ca.conf gives them.
 */
export async function makeOriginDirectory(dir: string): Promise<void> {
  await cp(ORIGIN, dir, { recursive: true });
  await writeFile(join(dir, "machines.txt"), CASE_MACHINES);
  const server = { url: SERVER, isExplicit: true };
  const options = { inventory: PKI_INVENTORY, server, renew: new Set<string>(), days: 365 };
  await ensurePki(dir, { ...options, now: CASE_TIME });
  const authority = await readFile(join(dir, "ca.crt"), "utf8");
  for (const { name } of PKI_INVENTORY.workers) {
    const shape = { dnsNames: [name], addresses: ["127.0.0.1"] };
    const context = { inventory: PKI_INVENTORY, server: SERVER, now: CASE_TIME };
    await applyPki(dir, { [`${name}.crt`]: shape }, context);
    const kubeconfig = renderKubeconfig({
      server: SERVER,
      authority,
      user: `system:node:${name}`,
      certificate: await readFile(join(dir, `${name}.crt`), "utf8"),
      key: await readFile(join(dir, `${name}.key`), "utf8"),
    });
    await writeFile(join(dir, `${name}.kubeconfig`), kubeconfig);
  }
}
