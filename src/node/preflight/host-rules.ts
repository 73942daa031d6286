import { compareDotted, type Problem } from "../../base/mod.ts";
import { type DiskFacts, MAX_CLOCK_SKEW_MS, neededCommands } from "../../machine/mod.ts";
import type { DesiredNode, Digest } from "../../plan/mod.ts";
import { LINK_FROM_BYTES, STORE_DIRECTORY } from "../store/store-directory.ts";
import { bytes, finding } from "./finding.ts";
import type { PreflightInput, PreflightRule } from "./rule.ts";

const MARGIN_BYTES = 64 * 1024 * 1024;
/** Below it the kubelet evicts pods as soon as it starts (its default for memory is 100 Mi). */
const MIN_MEMORY_BYTES = 512 * 1024 * 1024;

/** The machine itself: its name, address, architecture, systemd and programs. */
export const hostRules: PreflightRule = (input) => [
  ...systemdRule(input),
  ...nameRule(input),
  ...addressRule(input),
  ...binaryRules(input),
  ...commandRules(input),
];

function systemdRule({ facts }: PreflightInput): Problem[] {
  if (!facts.systemd.isRunning) {
    return [
      finding(
        "error",
        "systemd",
        "Cannot run units: systemd is not PID 1",
        "use a machine that boots with systemd",
      ),
    ];
  }
  const { state } = facts.systemd;
  if (state !== "maintenance" && state !== "stopping") return [];
  return [
    finding(
      "error",
      "systemd",
      `Cannot start units: systemd is ${state}`,
      "look at the machine's console",
    ),
  ];
}

function nameRule({ desired, facts }: PreflightInput): Problem[] {
  const { hostname } = facts;
  if ([desired.node, desired.fqdn].includes(hostname.toLowerCase())) return [];
  const runsKubelet = desired.units.some((unit) => unit.name === "kubelet.service" && unit.run);
  return [
    finding(
      // The kubelet registers under the host's name and its certificate is for the other one.
      runsKubelet ? "error" : "warning",
      "hostname",
      `The machine calls itself "${hostname}", not "${desired.node}"`,
      `is ${desired.address} the right machine in machines.txt? If so: hostnamectl set-hostname ${desired.node}`,
    ),
  ];
}

function addressRule({ desired, facts }: PreflightInput): Problem[] {
  const addresses = facts.network.links.flatMap((link) => link.addresses);
  if (addresses.some((address) => address.split("/")[0] === desired.address)) return [];
  return [
    finding(
      "error",
      "address",
      `Cannot find the node's address ${desired.address} on the machine: it has ${addresses.filter((a) => !/^(127\.|::1)/.test(a)).join(", ") || "none"}`,
      "write the machine's own address (not one of a NAT in front of it) into machines.txt",
    ),
  ];
}

/** Linux names of one architecture. */
function sameMachine(a: string, b: string): boolean {
  const plain = (name: string): string => ({ amd64: "x86_64", arm64: "aarch64" })[name] ?? name;
  return plain(a) === plain(b);
}

function binaryRules({ facts, glibc: there = null, settings = {} }: PreflightInput): Problem[] {
  return (settings.binaries ?? []).flatMap(({ name, machine, glibc }): Problem[] => {
    if (glibc !== undefined && there !== null && compareDotted(glibc, there) > 0) {
      return [
        finding(
          "error",
          "glibc",
          `Cannot run ${name} on this machine: it needs glibc ${glibc}, the machine has ${there}`,
          `provide a ${name} that is static or made for ${facts.os.name}`,
        ),
      ];
    }
    if (machine === undefined || sameMachine(machine, facts.machine)) return [];
    return [
      finding(
        "error",
        "architecture",
        `Cannot run ${name} on this machine: it is for ${machine}, the machine is ${facts.machine}`,
        `provide ${name} for ${facts.machine}`,
      ),
    ];
  });
}

/** Always asked for here: kube-proxy's default mode and the plugins' iptables backend use it. */
const IPTABLES = { command: "iptables", who: "kube-proxy and the bridge plugin's ipMasq" };

function commandRules({ facts, desired }: PreflightInput): Problem[] {
  const has = (unit: string): boolean => desired.units.some(({ name }) => name === unit);
  const needed = neededCommands({
    hasRoutes: has("nodewright-routes.service"),
    hasMasquerade: has("nodewright-masquerade.service"),
    oldContainerd: undefined,
  });
  return [...needed, IPTABLES]
    .filter(({ command }) => facts.commands[command] === null)
    .map(({ command, who }) =>
      finding(
        "error",
        "missing-command",
        `Cannot find the program ${command}, which is used by ${who}`,
        `install the package that has ${command} on the node`,
      ),
    );
}

/** Clocks further apart than certificates and leases bear. The answer was made between the two times of the jumpbox. */
export const clockRules: PreflightRule = ({ facts, jumpbox }) => {
  const { epochMs } = facts.clock;
  // However long the answer took, the clocks differ at least so much.
  const skewMs =
    epochMs < jumpbox.askedMs
      ? epochMs - jumpbox.askedMs
      : Math.max(0, epochMs - jumpbox.answeredMs);
  if (Math.abs(skewMs) <= MAX_CLOCK_SKEW_MS) return [];
  const way = skewMs > 0 ? "ahead of" : "behind";
  return [
    finding(
      "error",
      "clock-skew",
      `The node's clock is ${duration(Math.abs(skewMs))} ${way} the jumpbox's: ${new Date(epochMs).toISOString()}`,
      "set both clocks by NTP (timedatectl set-ntp true)",
    ),
  ];
};

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} days`;
}

/** Disk, memory and swap. */
export const resourceRules: PreflightRule = (input) => [
  ...diskRules(input),
  ...memoryRule(input),
  ...swapRule(input),
];

interface DiskNeed {
  readonly disk: DiskFacts;
  bytes: number;
  files: number;
  /** The first executable that would be on it. */
  executable?: string;
}

/** By file system: the blobs that will come, and the files that are made of them. */
function diskRules({ desired, observed, facts }: PreflightInput): Problem[] {
  const needs = new Map<string, DiskNeed>();
  const need = (disk: DiskFacts): DiskNeed => {
    const known = needs.get(disk.mountPoint) ?? { disk, bytes: 0, files: 0 };
    needs.set(disk.mountPoint, known);
    return known;
  };
  const store = facts.disks[STORE_DIRECTORY];
  const missing = new Set(observed.missingBlobs.map((blob) => blob.digest));
  if (store !== undefined && missing.size > 0) {
    const sizes = [...missing].map((digest) => sizeOf(desired, digest));
    // While the largest is unpacked its packed form is there, too.
    need(store).bytes += sizes.reduce((a, b) => a + b, 0) + Math.max(...sizes);
    need(store).files += sizes.length;
  }
  // On another file system the first file of a content is a copy, the others are links to it.
  const copied = new Set<string>();
  const isCopied = (disk: DiskFacts, digest: Digest): boolean =>
    copied.has(`${disk.mountPoint} ${digest}`);
  for (const file of desired.files) {
    const disk = facts.disks[file.path];
    const now = observed.files[file.path];
    if (disk === undefined || (now?.kind === "file" && now.digest === file.digest)) continue;
    const isExecutable = (file.mode & 0o111) !== 0;
    // Such a file becomes a link to its content.
    const isShared = isExecutable && file.sizeBytes >= LINK_FROM_BYTES;
    const isLink =
      isShared && (disk.mountPoint === store?.mountPoint || isCopied(disk, file.digest));
    need(disk).bytes += isLink ? 0 : file.sizeBytes;
    if (isShared) copied.add(`${disk.mountPoint} ${file.digest}`);
    need(disk).files += 1;
    if (isExecutable) need(disk).executable ??= file.path;
  }
  return [...needs.values()].flatMap((one) => diskRule(one));
}

function sizeOf(desired: DesiredNode, digest: Digest): number {
  return desired.files.find((file) => file.digest === digest)?.sizeBytes ?? 0;
}

function diskRule(need: DiskNeed): Problem[] {
  const { disk } = need;
  const where = disk.mountPoint;
  const problems: Problem[] = [];
  if (disk.isReadOnly) {
    problems.push(
      finding(
        "error",
        "read-only",
        `Cannot write on ${where}: it is mounted read-only`,
        `mount ${where} read-write`,
      ),
    );
  }
  if (disk.isNoexec && need.executable !== undefined) {
    const message = `Cannot run ${need.executable}: ${where} is mounted noexec`;
    problems.push(finding("error", "noexec", message, `mount ${where} without noexec`));
  }
  const wanted = need.bytes + MARGIN_BYTES;
  if (disk.availableBytes < wanted) {
    problems.push(
      finding(
        "error",
        "disk-space",
        `Cannot put ${need.files} files on ${where}: ${bytes(wanted)} are needed, ${bytes(disk.availableBytes)} are free`,
        `free space on ${where}`,
      ),
    );
  }
  // Each file is there twice for a moment.
  if (disk.totalInodes > 0 && disk.availableInodes < need.files * 2) {
    problems.push(
      finding(
        "error",
        "inodes",
        `Cannot put ${need.files} files on ${where}: it has ${disk.availableInodes} inodes left`,
        `remove small files from ${where}`,
      ),
    );
  }
  return problems;
}

function memoryRule({ facts }: PreflightInput): Problem[] {
  const { memory } = facts;
  if (memory === null || memory.totalBytes >= MIN_MEMORY_BYTES) return [];
  return [
    finding(
      "warning",
      "memory",
      `The machine has little memory for a node: ${bytes(memory.totalBytes)}`,
      "give it 1 GiB or more",
    ),
  ];
}

/** Swap that the plan leaves on and the kubelet does not stand. In a container it is the host's. */
function swapRule({ desired, facts, settings = {} }: PreflightInput): Problem[] {
  if (desired.swap === "off" || settings.failSwapOn !== true || facts.swaps.length === 0) return [];
  return [
    finding(
      "error",
      "swap",
      `Cannot run this kubelet: its failSwapOn is true and swap is in use: ${facts.swaps.map((s) => s.path).join(", ")}`,
      "let nodewright turn swap off, or set failSwapOn: false in configs/kubelet-config.yaml",
    ),
  ];
}
