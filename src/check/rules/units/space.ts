import type { KubeletConfig } from "../../../config/mod.ts";
import type { BinaryFact } from "../../facts/binaries.ts";
import type { HostDisk, HostFacts } from "../../facts/host-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";

const GIB = 1024 ** 3;
/** Below it the kubelet evicts pods as soon as it starts. */
const MIN_MEMORY_BYTES = GIB / 2;

const size = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;

/** The node's directories, the kubelet's signals for them, and its defaults in percent. */
const DIRECTORIES = [
  { dir: "/var/lib/kubelet", what: "the kubelet's directory", signal: "nodefs", percent: 10 },
  { dir: "/var/lib/containerd", what: "containerd's root", signal: "imagefs", percent: 15 },
] as const;
const INODES_PERCENT = 5;

/** `10%` of evictionHard; the default where the file says nothing of it, undefined where it is another quantity. */
function threshold(config: KubeletConfig | undefined, signal: string, fallback: number) {
  const found = config?.reader.text(["evictionHard", signal]);
  const percent = found === undefined ? undefined : /^(\d+(?:\.\d+)?)%$/.exec(found.value)?.[1];
  return {
    location: found?.location,
    percent: found === undefined ? fallback : percent === undefined ? undefined : Number(percent),
  };
}

/** Bytes that will come to a file system; none where the node has its files already. */
function coming(
  mountPoint: string,
  host: HostFacts,
  files: NodeTree,
  binaries: Iterable<BinaryFact>,
): number {
  if (files.isComplete || host.runtime !== null) return 0;
  let sum = 0;
  for (const { path } of binaries) {
    let dir = path;
    do dir = dir.slice(0, dir.lastIndexOf("/")) || "/";
    while (host.disks[dir] === undefined && dir !== "/");
    if (host.disks[dir]?.mountPoint === mountPoint) sum += files.get(path)?.sizeBytes ?? 0;
  }
  return sum;
}

interface Room {
  readonly dir: string;
  readonly what: string;
  readonly signal: string;
  readonly percent: number;
  readonly disk: HostDisk;
  readonly comingBytes: number;
  readonly config: KubeletConfig | undefined;
}

function judge({ dir, what, signal, percent, disk, comingBytes, config }: Room): Found[] {
  const where = `${dir} (on ${disk.mountPoint})`;
  const found: Found[] = [];
  if (disk.isReadOnly) {
    found.push({
      message: `The node cannot write to ${what}: ${where} is mounted read-only`,
      locations: [],
      fix: `Mount ${disk.mountPoint} read-write, or look for errors of the disk in dmesg`,
    });
  }
  if (disk.isNoexec) {
    found.push({
      message: `Containers cannot run what is in ${what}: ${where} is mounted noexec`,
      locations: [],
      fix: `Mount ${disk.mountPoint} without noexec`,
    });
  }
  const limit = threshold(config, `${signal}.available`, percent);
  const left = disk.availableBytes - comingBytes;
  const share = (left / disk.totalBytes) * 100;
  if (limit.percent !== undefined && share < limit.percent) {
    const after = comingBytes === 0 ? "" : ` once ${size(comingBytes)} of executables are there`;
    found.push({
      message: `The kubelet reports DiskPressure from the start: ${where} has ${size(Math.max(0, left))} of ${size(disk.totalBytes)} free${after}, ${Math.max(0, share).toFixed(0)} %, ${signal}.available wants ${limit.percent} %`,
      locations: limit.location === undefined ? [] : [limit.location],
      fix: `Free space on ${disk.mountPoint}, or give ${what} a larger disk`,
    });
  }
  const inodes = threshold(config, `${signal}.inodesFree`, INODES_PERCENT);
  const free = (disk.availableInodes / disk.totalInodes) * 100;
  // File systems that do not count inodes say 0.
  if (disk.totalInodes > 0 && inodes.percent !== undefined && free < inodes.percent) {
    found.push({
      message: `The kubelet reports DiskPressure from the start: ${where} has ${disk.availableInodes} of ${disk.totalInodes} inodes free, ${signal}.inodesFree wants ${inodes.percent} %`,
      locations: inodes.location === undefined ? [] : [inodes.location],
      fix: `Remove small files from ${disk.mountPoint}, or make its file system with more inodes`,
    });
  }
  return found;
}

/** NW-B13 */
export const space = nodeRule({
  id: "NW-B13",
  severity: "error",
  title: "The machine has room for the node: disk, inodes, memory, writable and executable",
  stages: ["machine"],
  places: [
    "the machine: file systems of /var/lib/kubelet and containerd's root, memory",
    "kubelet-config.yaml: evictionHard",
  ],
  symptom:
    "The Node has the taint node.kubernetes.io/disk-pressure as soon as it joins, and no pod stays; or `no space " +
    "left on device` in the middle of an installation.",
  why:
    "The kubelet's own thresholds are 10 % of nodefs, 15 % of imagefs and 5 % of the inodes. It looks at the file " +
    "systems of its directory and of containerd's root, and removes images and pods below that.",
  fix: "Free space, or put /var/lib/kubelet and containerd's root on larger disks.",
  provoked: { how: "a full file system as containerd's root: writing there fails" },
  needs: ["host", "files"],
  uses: ["kubeletConfig", "containerdConfig", "binaries"],
  check({ host, files, kubeletConfig, containerdConfig, binaries }) {
    const found: Found[] = [];
    const missing: string[] = [];
    for (const { dir: usual, ...rest } of DIRECTORIES) {
      const own = rest.signal === "imagefs" ? containerdConfig?.root.value : undefined;
      const dir = own ?? usual;
      const disk = host.disks[dir];
      if (disk === undefined) missing.push(dir);
      else {
        const comingBytes = coming(disk.mountPoint, host, files, binaries?.values() ?? []);
        found.push(...judge({ ...rest, dir, disk, comingBytes, config: kubeletConfig }));
      }
    }
    const { memory } = host;
    if (memory !== null && memory.totalBytes < MIN_MEMORY_BYTES) {
      found.push({
        message: `The machine has too little memory for a node: ${size(memory.totalBytes)}`,
        locations: [],
        fix: "Give it 1 GiB or more",
      });
    }
    return found.length === 0 && missing.length > 0
      ? unknown(`the file system of ${missing.join(", ")} is not known`)
      : found;
  },
});
