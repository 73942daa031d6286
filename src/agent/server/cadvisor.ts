import { readFile, statfs } from "node:fs/promises";
import type { CriClient } from "../../cri/mod.ts";
import { parseMountInfo } from "../../sys/mod.ts";
import { findContainer, type Pod } from "../api/mod.ts";
import type { CgroupSettings } from "../config/mod.ts";
import type { MachineInfo } from "../node/mod.ts";
import { openCgroupTree } from "../resources/cgroup-tree.ts";
import { cgroupPath } from "../resources/pod-limits.ts";
import { LABEL } from "../runtime/labels.ts";
import {
  type CgroupOwner,
  cadvisorMetrics,
  type FileSystemUsage,
  readCgroups,
} from "../usage/mod.ts";

/** Answers /metrics/cadvisor: read from the kernel at each scrape, so nothing is measured for nobody. */
export async function cadvisorText(deps: {
  readonly cri: CriClient;
  readonly cgroups: CgroupSettings;
  readonly machine: MachineInfo;
  readonly pods: readonly Pod[];
}): Promise<string> {
  const owners = await findOwners(deps.cri, deps.pods);
  const places = { isV2: openCgroupTree().isV2, pods: cgroupPath(["kubepods"], deps.cgroups) };
  const hasNetwork = (path: string): boolean =>
    path === "/" || owners.sandboxes.has(runtimeIdOf(path) ?? "");
  const reports = await readCgroups(places, hasNetwork);
  return await cadvisorMetrics({
    reports: reports.map((report) => ({ ...report, owner: ownerOf(report.path, owners) })),
    fileSystems: await readFileSystems(),
    machine: deps.machine,
  });
}

/** Who has which cgroup, by the runtime's ids and by the pods' uids. */
export interface Owners {
  readonly byId: ReadonlyMap<string, CgroupOwner>;
  readonly byUid: ReadonlyMap<string, CgroupOwner>;
  /** Sandboxes with a network of their own. */
  readonly sandboxes: ReadonlySet<string>;
}

const NOBODY: CgroupOwner = { container: "", image: "", name: "", namespace: "", pod: "" };

/** Pure: whose cgroup this is, by the last part of its path, in the form of either driver. */
export function ownerOf(path: string, { byId, byUid }: Owners): CgroupOwner {
  const id = runtimeIdOf(path);
  if (id !== undefined) return byId.get(id) ?? NOBODY;
  const uid = /pod([0-9a-fA-F_-]+)(?:\.slice)?$/.exec(path)?.[1]?.replaceAll("_", "-");
  return byUid.get(uid ?? "") ?? NOBODY;
}

/** The container or sandbox of a cgroup: `ID`, `cri-containerd-ID.scope`. */
function runtimeIdOf(path: string): string | undefined {
  return /(?:\/|-)([0-9a-f]{64})(?:\.scope)?$/.exec(path)?.[1];
}

async function findOwners(cri: CriClient, pods: readonly Pod[]): Promise<Owners> {
  const specs = new Map(pods.map(({ metadata, spec }) => [metadata.uid, spec]));
  const [{ items }, { containers }] = await Promise.all([
    cri.runtime.listPodSandbox({ filter: { state: { state: 0 } } }),
    cri.runtime.listContainers({}),
  ]);
  const byId = new Map<string, CgroupOwner>();
  const byUid = new Map<string, CgroupOwner>();
  const sandboxes = new Set<string>();
  for (const { id, labels } of items) {
    const pod = labels[LABEL.podName] ?? "";
    const owner = { ...NOBODY, namespace: labels[LABEL.podNamespace] ?? "", pod };
    byUid.set(labels[LABEL.podUid] ?? "", owner);
    const { image, hasNetwork } = await inspectSandbox(cri, id);
    byId.set(id, { ...owner, name: id, image });
    if (hasNetwork) sandboxes.add(id);
  }
  for (const { id, labels, image } of containers) {
    const owner = byUid.get(labels[LABEL.podUid] ?? "");
    if (owner === undefined) continue;
    const container = labels[LABEL.containerName] ?? "";
    const spec = specs.get(labels[LABEL.podUid] ?? "");
    // As the pod has it; what the runtime lists may be no more than a digest.
    const named = spec === undefined ? undefined : findContainer(spec, container)?.image;
    byId.set(id, { ...owner, container, name: id, image: named ?? image?.image ?? "" });
  }
  return { byId, byUid, sandboxes };
}

/** Dashboards leave out what has no image: a sandbox has that of its pause container. */
async function inspectSandbox(
  cri: CriClient,
  podSandboxId: string,
): Promise<{ readonly image: string; readonly hasNetwork: boolean }> {
  const answer = await cri.runtime
    .podSandboxStatus({ podSandboxId, verbose: true })
    .catch(() => undefined);
  // The form is containerd's own; other runtimes say nothing here.
  const image = /"image":\s*"([^"]+)"/.exec(answer?.info["info"] ?? "")?.[1] ?? "";
  return { image, hasNetwork: (answer?.status?.network?.ip ?? "") !== "" };
}

/** What is mounted from a block device. */
async function readFileSystems(): Promise<FileSystemUsage[]> {
  const mounts = parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
  const places = new Map<string, string>();
  for (const { source, mountPoint } of mounts) {
    if (source.startsWith("/dev/") && !places.has(source)) places.set(source, mountPoint);
  }
  const found: FileSystemUsage[] = [];
  for (const [device, place] of places) {
    const of = await statfs(place).catch(() => undefined);
    if (of === undefined) continue;
    found.push({
      ...{ device, capacity: of.blocks * of.bsize, used: (of.blocks - of.bfree) * of.bsize },
      ...{ inodes: of.files, inodesFree: of.ffree },
    });
  }
  return found;
}
