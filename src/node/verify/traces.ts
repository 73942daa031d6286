import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CriClient } from "../../cri/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import { listLinks } from "../../rtnl/mod.ts";
import { sandboxNetwork } from "../network/mod.ts";
import type { HostCommand } from "./host-command.ts";
import type { PodProbe } from "./pod-probe.ts";

/** What a pod has on the host while it runs, to be looked for when it is gone. */
export interface PodTraces {
  readonly sandboxId: string;
  /** The index of the host's end of the pod's eth0. */
  readonly hostLinkIndex: number | undefined;
  readonly netnsPath: string | undefined;
}

const IPAM_FOLDER = "/var/lib/cni/networks";
const CACHE_FOLDER = "/var/lib/cni/results";

/** Notes what a running pod has. */
export async function noteTraces(cri: CriClient, probe: PodProbe): Promise<PodTraces> {
  const { sandboxId } = probe.pod;
  const link = await probe.text("cat", "/sys/class/net/eth0/iflink");
  const { netnsPath } = await sandboxNetwork(cri, sandboxId);
  return {
    sandboxId,
    hostLinkIndex: link === undefined || !/^\d+$/.test(link) ? undefined : Number(link),
    netnsPath,
  };
}

/** What is still there of pods that were removed; empty where all is gone. */
export async function findTraces(
  cri: CriClient,
  run: HostCommand,
  pods: readonly PodTraces[],
): Promise<string[]> {
  const left: string[] = [];
  const ids = pods.map((pod) => pod.sandboxId);
  const links = linkNames();
  const [sandboxes, containers, netnses, firewall] = await Promise.all([
    cri.runtime.listPodSandbox({}),
    cri.runtime.listContainers({}),
    netnsNames(),
    firewallText(run),
  ]);
  for (const pod of pods) {
    const id = pod.sandboxId;
    if (sandboxes.items.some((each) => each.id === id)) left.push(`sandbox ${id}`);
    for (const each of containers.containers.filter((c) => c.podSandboxId === id)) {
      left.push(`container ${each.id}`);
    }
    const link = pod.hostLinkIndex === undefined ? undefined : links.get(pod.hostLinkIndex);
    if (link !== undefined) left.push(`network interface ${link}`);
    const netns = pod.netnsPath?.split("/").at(-1);
    if (netns !== undefined && netnses.has(netns)) left.push(`network namespace ${pod.netnsPath}`);
    if (firewall.includes(id)) left.push(`firewall rules of ${id}`);
  }
  left.push(...(await filesNaming(IPAM_FOLDER, ids)).map((file) => `address file ${file}`));
  left.push(...(await namesWith(CACHE_FOLDER, ids)).map((file) => `CNI cache file ${file}`));
  return left;
}

function linkNames(): ReadonlyMap<number, string> {
  using conn = Conn.open();
  return new Map(listLinks(conn).map(({ index, name }) => [index, name]));
}

async function netnsNames(): Promise<Set<string>> {
  const lists = await Promise.all(
    ["/run/netns", "/var/run/netns"].map((path) => readdir(path).catch(() => [])),
  );
  return new Set(lists.flat());
}

/** All rules as text: plugins put the container's id into their comments. */
async function firewallText(run: HostCommand): Promise<string> {
  const texts = await Promise.all([
    run(["iptables", "-w", "5", "-t", "nat", "-S"]),
    run(["nft", "list", "ruleset"]),
  ]);
  return texts.map((each) => each.stdout).join("\n");
}

/** host-local's files, each of which holds the id of the container that owns the address. */
async function filesNaming(folder: string, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const network of await readdir(folder).catch(() => [])) {
    for (const name of await readdir(join(folder, network)).catch(() => [])) {
      const path = join(folder, network, name);
      const text = await readFile(path, "utf8").catch(() => "");
      if (ids.some((id) => text.includes(id))) found.push(path);
    }
  }
  return found;
}

async function namesWith(folder: string, ids: readonly string[]): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => ids.some((id) => name.includes(id)))
    .map((name) => join(folder, name));
}
