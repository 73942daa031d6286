import { mkdir, mkdtemp, readFile, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../../base/mod.ts";
import type { LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { hasRootfs, removeTree } from "./rootfs.ts";

/** Bits of linux/capability.h. */
const CAPABILITY = { NET_ADMIN: 12, SYS_ADMIN: 21, SYS_RESOURCE: 24 } as const;
const NEEDED = ["NET_ADMIN", "SYS_ADMIN"] as const;
const MIB = 1024 * 1024;
const ROOTFS_BYTES = 1024 * MIB;
const MACHINE_BYTES = 1024 * MIB;

/** Tools of the host, and the Debian package of each. */
const TOOLS: readonly (readonly [tool: string, pkg: string])[] = [
  ["systemd-nspawn", "systemd-container"],
  ["ip", "iproute2"],
  ["ssh", "openssh-client"],
  ["ssh-keygen", "openssh-client"],
  ["nsenter", "util-linux"],
  ["unshare", "util-linux"],
  ["mount", "mount"],
];

/** Rejects with a clear word where this host cannot have a lab of so many machines. Changes nothing. */
export async function checkHost(
  deps: LabDeps,
  wanted: { machines: number; nat: boolean; sized: boolean },
): Promise<void> {
  checkPaths(deps);
  if (deps.euid !== 0) {
    throw unfit(
      `Cannot make machines: user id ${deps.euid} is not root`,
      "Run this as root (sudo)",
    );
  }
  await checkCapabilities();
  checkTools(deps, { ...wanted, rootfs: !(await hasRootfs(deps)) });
  await checkOverlay(deps);
  await checkDisk(deps, wanted.machines);
}

function checkPaths(deps: LabDeps): void {
  for (const path of [deps.cacheDir, deps.stateDir]) {
    // systemd-nspawn and overlayfs separate paths by colons and commas
    if (/^\/[\w./@+-]+$/.test(path)) continue;
    throw unfit(
      `Cannot use this directory for the lab: "${path}"`,
      "Choose an absolute path of letters, digits and . _ @ + - (NODEWRIGHT_CACHE, NODEWRIGHT_LAB_DIR)",
    );
  }
}

async function checkCapabilities(): Promise<void> {
  for (const name of NEEDED) {
    if (await hasCapability(name)) continue;
    throw unfit(
      `Cannot make machines: this process lacks CAP_${name}, as in an ordinary container`,
      "Run the lab on a machine or virtual machine, or in a container with --privileged",
    );
  }
}

/** True where this process, and so its machines, have a capability. */
export async function hasCapability(name: keyof typeof CAPABILITY): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8");
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return ((mask >> BigInt(CAPABILITY[name])) & 1n) === 1n;
}

function checkTools(
  deps: LabDeps,
  wanted: { nat: boolean; sized: boolean; rootfs: boolean },
): void {
  const needed = [...TOOLS];
  if (wanted.rootfs) needed.push(["mmdebstrap", "mmdebstrap"]);
  if (wanted.nat) needed.push(["nft", "nftables"]);
  if (wanted.sized) needed.push(["mkfs.ext4", "e2fsprogs"]);
  const missing: string[] = [];
  for (const [tool, pkg] of needed) {
    if (!deps.hasTool(tool)) missing.push(pkg);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing)].join(" ");
  throw unfit(
    `Cannot make machines: packages are missing: ${packages}`,
    `apt-get install ${packages}`,
  );
}

/** Really mounts an overlay where the machines will be, in a mount namespace of its own. */
async function checkOverlay(deps: LabDeps): Promise<void> {
  const existing = await nearestExisting(deps.stateDir);
  const probe = await mkdtemp(`${existing}/.nodewright-probe-`).catch((cause: unknown) => {
    throw unfit(
      `Cannot write below "${existing}": ${messageOf(cause)}`,
      "Set NODEWRIGHT_LAB_DIR to a directory on a writable disk",
    );
  });
  try {
    for (const name of ["lower", "upper", "work", "root"]) await mkdir(`${probe}/${name}`);
    const layers = `lowerdir=${probe}/lower,upperdir=${probe}/upper,workdir=${probe}/work`;
    const mount = ["mount", "-t", "overlay", "overlay", "-o", layers, `${probe}/root`];
    const argv = ["unshare", "--mount", "--propagation", "private", ...mount];
    const tried = await deps.run(argv, { allowFailure: true });
    if (tried.exitCode === 0) return;
    throw unfit(
      `Cannot mount overlayfs below "${existing}": ${tried.stderr.trim()}`,
      "Set NODEWRIGHT_LAB_DIR to a directory on ext4, xfs, btrfs or tmpfs",
    );
  } finally {
    await removeTree({ run: deps.run }, probe);
  }
}

async function checkDisk(deps: LabDeps, machines: number): Promise<void> {
  const wanted: (readonly [string, number])[] = [
    [deps.stateDir, machines * MACHINE_BYTES],
    [deps.cacheDir, (await hasRootfs(deps)) ? 0 : ROOTFS_BYTES],
  ];
  for (const [path, bytes] of wanted) {
    const existing = await nearestExisting(path);
    const free = await statfs(existing);
    const available = free.bavail * free.bsize;
    if (available >= bytes) continue;
    throw unfit(
      `Cannot make ${machines} machines below "${existing}": ${Math.floor(available / MIB)} MiB free, ${bytes / MIB} MiB needed`,
      "Make room, ask for fewer machines, or set NODEWRIGHT_LAB_DIR and NODEWRIGHT_CACHE",
    );
  }
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if (await stat(at).catch(() => undefined)) return at;
    if (at === "/") return at;
  }
}

function unfit(message: string, fix: string): LabError {
  return new LabError("host-unfit", message, { fix });
}
