import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { initCluster } from "../bootstrap/stock/mod.ts";
import { atomicWriteFile } from "../sys/mod.ts";
import type { LabImages } from "./images/mod.ts";
import { hasCapability, type Lab, labServer, machineFqdn, SERVER_NAME } from "./machines/mod.ts";

/** Components that Debian has; the others come from downloads/, where the user has them. */
const FROM_DEBIAN = ["containerd", "runc"] as const;
/** The suite whose binaries run on the machines, which are of the same one. */
const SUITE = "bookworm";

/** The cluster directory that a lab has unless the user names another. */
export function defaultClusterDir(lab: Pick<Lab, "dir">): string {
  return join(lab.dir, "cluster");
}

/**
 * Makes a cluster directory of a lab: the inventory and the settings are the lab's (written anew
 * each time), all other files are the stock's and never replaced.
 */
export async function writeClusterDirectory(lab: Lab, parts: LabParts, dir: string): Promise<void> {
  const { images } = parts;
  await mkdir(dir, { recursive: true });
  await atomicWriteFile(join(dir, "machines.txt"), machinesFile(lab));
  await atomicWriteFile(join(dir, "nodewright.yaml"), settingsFile(lab, parts));
  await initCluster(dir, {
    sandboxImage: images.pause.reference,
    restrictOomScoreAdj: !(await hasCapability("SYS_RESOURCE")),
    conntrackMaxPerCore: 0,
    ...(parts.kubeProxy === "builtin" ? { proxyMode: "nftables" as const } : {}),
  });
}

/** Whose CNI plugins a lab has: nodewright's own or those of Debian's package. */
export const LAB_CNI = ["builtin", "debian"] as const;
export type LabCni = (typeof LAB_CNI)[number];

/** What a lab's nodes are made of. */
export interface LabParts {
  readonly images: LabImages;
  readonly cni: LabCni;
  /** Default: what lies in downloads/. */
  readonly kubelet?: "builtin" | "downloads";
  readonly kubeProxy?: "builtin" | "downloads";
}

function fromDebian(component: string): string {
  return `  ${component}: { source: debian, suite: ${SUITE} }`;
}

function builtin(component: string): string {
  return `  ${component}: { source: builtin }`;
}

/** machines.txt of a lab; without a server this host takes the place of the control plane. */
export function machinesFile(lab: Lab): string {
  const lines = [
    `# The machines of the lab "${lab.name}", written by nodewright lab up`,
    ...(labServer(lab) === undefined
      ? [`${lab.jumpboxAddress} ${machineFqdn(SERVER_NAME)} ${SERVER_NAME}`]
      : []),
    ...lab.machines.map(({ address, fqdn, name, podSubnet }) =>
      [address, fqdn, name, ...(podSubnet === undefined ? [] : [podSubnet])].join(" "),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** nodewright.yaml of a lab. */
export function settingsFile(lab: Lab, { images, cni, kubelet, kubeProxy }: LabParts): string {
  const quote = (text: string): string => JSON.stringify(text);
  return `# Written by nodewright lab up
ssh:
  user: root
  identityFile: ${quote(lab.keyFile)}
  knownHostsFile: ${quote(lab.knownHosts)}
  options:
    IdentitiesOnly: "yes"
components:
${FROM_DEBIAN.map(fromDebian).join("\n")}
${cni === "debian" ? fromDebian("cni-plugins") : builtin("cni-plugins")}
${[...(kubelet === "builtin" ? ["kubelet"] : []), ...(kubeProxy === "builtin" ? ["kube-proxy"] : [])].map((name) => `${builtin(name)}\n`).join("")}masquerade: true
${labServer(lab) === undefined ? "" : "routes: { servers: true }\n"}images:
${[images.pause, images.busybox].map((image) => `  ${quote(image.reference)}: ${quote(image.path)}`).join("\n")}
verifyImage: ${quote(images.busybox.reference)}
`;
}
