import { machine } from "node:os";
import type { Family, ListedChain } from "../../nft/mod.ts";
import type { FileTree } from "./file-tree.ts";
import type { FirewallFacts, NetworkFacts, NodeFacts, SystemdFacts } from "./node-facts.ts";
import { nftForwardDrops, parseIptablesSave, parseIptablesVersion } from "./parse-firewall.ts";
import { readDisks } from "./read-disks.ts";
import { readForeign } from "./read-foreign.ts";
import { readListeners } from "./read-listeners.ts";
import {
  readClock,
  readCommands,
  readPersistentSwaps,
  readSwaps,
  readSysctls,
  readSystem,
} from "./read-system.ts";

/** What to ask a machine beside what is always read. */
export interface FactsRequest {
  /** Absolute paths whose file systems are of interest. */
  readonly paths: readonly string[];
  /** Keys as of sysctl(8). */
  readonly sysctls: readonly string[];
  /** Default: NODE_COMMANDS. */
  readonly commands?: readonly string[];
}

/** Where facts come from. */
export interface FactsSources {
  readonly tree: FileTree;
  readonly nowMs: () => number;
  readonly network: () => NetworkFacts;
  /** The chains of nftables; none where the kernel has no nftables. */
  readonly nftChains: (families: readonly Family[]) => readonly ListedChain[];
  /** Runs a program by its argument list; may reject where it is missing. */
  readonly exec: (
    argv: readonly string[],
    options: { readonly timeoutMs: number },
  ) => Promise<{ readonly exitCode: number; readonly stdout: string }>;
  /** Where commands are looked for. */
  readonly path: string;
}

/** The commands that the parts of a node call. */
export const NODE_COMMANDS: readonly string[] = [
  "conntrack",
  "ip",
  "ip6tables",
  "ipset",
  "iptables",
  "iptables-restore",
  "iptables-save",
  "modprobe",
  "mount",
  "nft",
  "nsenter",
  "socat",
  "systemctl",
  "umount",
];

/** A directory list for FactsSources where the environment's own may lack sbin. */
export const NODE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A program that says nothing for so long has nothing to say. */
const EXEC_TIMEOUT_MS = 5000;

/**
 * Reads the machine: one pass over /proc, /etc and the kernel's tables, and at most four short
 * programs. Changes nothing. Works without root, with fewer answers.
 */
export async function collectFacts(
  request: FactsRequest,
  sources: FactsSources,
): Promise<NodeFacts> {
  const { tree } = sources;
  const commands = readCommands(tree, request.commands ?? NODE_COMMANDS, sources.path);
  const words = runner(sources);
  const [systemd, firewall] = await Promise.all([
    readSystemd(tree, words),
    readFirewall(words, sources),
  ]);
  const network = sources.network();
  return {
    ...readSystem(tree),
    machine: machine(),
    clock: readClock(tree, sources.nowMs()),
    swaps: readSwaps(tree),
    persistentSwaps: readPersistentSwaps(tree),
    disks: readDisks(tree, request.paths),
    listeners: readListeners(tree),
    systemd,
    foreign: readForeign(
      tree,
      network.links.map((link) => link.name),
    ),
    firewall,
    commands,
    sysctls: readSysctls(tree, request.sysctls),
    network,
  };
}

/** What a program prints; null where it is missing or fails. */
type Words = (...argv: string[]) => Promise<string | null>;

function runner({ exec, tree, path }: FactsSources): Words {
  return async (...argv) => {
    const [name = ""] = argv;
    if (readCommands(tree, [name], path)[name] === null) return null;
    try {
      const { exitCode, stdout } = await exec(argv, { timeoutMs: EXEC_TIMEOUT_MS });
      // `systemctl is-system-running` prints its word and fails for every state but one.
      return exitCode === 0 || name === "systemctl" ? stdout : null;
    } catch {
      return null;
    }
  };
}

async function readSystemd(tree: FileTree, words: Words): Promise<SystemdFacts> {
  // sd_booted(3)
  const isRunning = tree.exists("/run/systemd/system");
  const [version, state] = await Promise.all([
    words("systemctl", "--version"),
    isRunning ? words("systemctl", "is-system-running") : null,
  ]);
  const number = /^systemd (\d+)/.exec(version ?? "")?.[1];
  return {
    isRunning,
    version: number === undefined ? null : Number(number),
    state: state?.trim() || null,
  };
}

/** Families of tables through which packets are forwarded. */
const FORWARDING: readonly Family[] = ["inet", "ip", "ip6", "bridge"];

async function readFirewall(words: Words, { nftChains }: FactsSources): Promise<FirewallFacts> {
  const [version, saved] = await Promise.all([
    words("iptables", "--version"),
    words("iptables-save"),
  ]);
  return {
    iptables: parseIptablesVersion(version ?? ""),
    ...parseIptablesSave(saved ?? ""),
    nftForwardDrops: nftForwardDrops(nftChains(FORWARDING)),
  };
}
