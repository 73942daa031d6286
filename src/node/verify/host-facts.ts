import { readdir, readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { jsonValue } from "../../base/mod.ts";
import type { Family, ListedChain } from "../../nft/mod.ts";
import { readMayLowerOomScore } from "../foresight/foresee.ts";
import type { HostCommand } from "./host-command.ts";

/** What a diagnosis looks at on the host; undefined: could not be learnt. */
export interface HostFacts {
  /** The value of net.ipv4.ip_forward; of net.ipv6.conf.all.forwarding for an IPv6 subnet. */
  readonly forwarding: boolean | undefined;
  /** Firewall chains whose default is to drop what is forwarded, as text. */
  readonly forwardDrops: readonly string[];
  /** The same for what is addressed to the host itself. */
  readonly inputDrops: readonly string[];
  /** True where bridged packets pass through iptables as well. */
  readonly bridgeNetfilter: boolean | undefined;
  /** False in a container without CAP_SYS_RESOURCE: no process may lower its oom_score_adj. */
  readonly mayLowerOomScore: boolean | undefined;
  /** The CNI configuration that the runtime takes: the first file in the folder. */
  readonly cni: CniFacts | undefined;
  /** The host's own addresses. */
  readonly addresses: readonly string[];
}

export interface CniFacts {
  readonly file: string;
  /** Plugin types named in it, main and IPAM. */
  readonly plugins: readonly string[];
  /** Those for which there is no file in any plugin folder. */
  readonly missingPlugins: readonly string[];
  readonly subnets: readonly string[];
  readonly bridge: string | undefined;
  readonly ipMasq: boolean;
}

/** Where a runtime takes CNI from. */
export interface CniFolders {
  readonly confDir: string;
  readonly binDirs: readonly string[];
}

/** Where the facts of packet filters come from. */
export interface FilterSources {
  /** Runs iptables. */
  readonly run: HostCommand;
  /** The chains of nftables; none where the kernel has no nftables. */
  readonly nftChains: (families: readonly Family[]) => readonly ListedChain[];
}

/** Reads the facts; a tool or file that is not there leaves its fact out. */
export async function readHostFacts(
  sources: FilterSources,
  family: 4 | 6,
  folders: CniFolders,
): Promise<HostFacts> {
  const forwardingFile =
    family === 4 ? "/proc/sys/net/ipv4/ip_forward" : "/proc/sys/net/ipv6/conf/all/forwarding";
  const callFile = family === 4 ? "bridge-nf-call-iptables" : "bridge-nf-call-ip6tables";
  const [forwarding, bridgeNetfilter, drops, cni] = await Promise.all([
    readFlag(forwardingFile),
    readFlag(`/proc/sys/net/bridge/${callFile}`),
    readDrops(sources, family),
    readCni(folders),
  ]);
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map((each) => each.address);
  const mayLowerOomScore = readMayLowerOomScore("/proc/self/status") ?? undefined;
  return { forwarding, bridgeNetfilter, ...drops, mayLowerOomScore, cni, addresses };
}

async function readFlag(path: string): Promise<boolean | undefined> {
  try {
    return (await readFile(path, "utf8")).trim() !== "0";
  } catch {
    return undefined;
  }
}

async function readDrops(
  { run, nftChains }: FilterSources,
  family: 4 | 6,
): Promise<{ forwardDrops: string[]; inputDrops: string[] }> {
  const found = { FORWARD: new Set<string>(), INPUT: new Set<string>() };
  for (const tool of family === 4 ? ["iptables", "iptables-legacy"] : ["ip6tables"]) {
    for (const chain of ["FORWARD", "INPUT"] as const) {
      const { stdout } = await run([tool, "-w", "5", "-S", chain]);
      if (stdout.startsWith(`-P ${chain} DROP`)) found[chain].add(`iptables -P ${chain} DROP`);
    }
  }
  for (const { family: of, table, chain, base } of nftChains([
    "inet",
    family === 4 ? "ip" : "ip6",
  ])) {
    if (base?.policy !== "drop") continue;
    // iptables' own chain, already told in its own words.
    if (table === "filter" && chain === chain.toUpperCase()) continue;
    const text = `nft chain ${of} ${table} ${chain} policy drop`;
    if (base.hook === "forward") found.FORWARD.add(text);
    if (base.hook === "input") found.INPUT.add(text);
  }
  return { forwardDrops: [...found.FORWARD], inputDrops: [...found.INPUT] };
}

async function readCni(folders: CniFolders): Promise<CniFacts | undefined> {
  const names = await readdir(folders.confDir).catch(() => []);
  // libcni takes .conf, .conflist and .json in the order of their names.
  const name = names.filter((each) => /\.(conf|conflist|json)$/.test(each)).sort()[0];
  if (name === undefined) return undefined;
  const file = join(folders.confDir, name);
  const conf = jsonValue(await readFile(file, "utf8").catch(() => ""));
  const list = field(conf, "plugins");
  const plugins: unknown[] = Array.isArray(list) ? list : [conf];
  const types = plugins.flatMap((each) => [
    field(each, "type"),
    field(field(each, "ipam"), "type"),
  ]);
  const typeNames = types.filter((type) => typeof type === "string");
  const binaries = new Set<string>();
  for (const dir of folders.binDirs) {
    for (const binary of await readdir(dir).catch(() => [])) binaries.add(binary);
  }
  const bridge = plugins.map((each) => field(each, "bridge")).find((b) => typeof b === "string");
  return {
    file,
    plugins: typeNames,
    // The runtime itself calls loopback, whatever the configuration says.
    missingPlugins: [...new Set([...typeNames, "loopback"])].filter((type) => !binaries.has(type)),
    subnets: plugins.flatMap((each) => subnetsOf(field(each, "ipam"))),
    bridge: typeof bridge === "string" ? bridge : undefined,
    ipMasq: plugins.some((each) => field(each, "ipMasq") === true),
  };
}

function subnetsOf(ipam: unknown): string[] {
  const ranges = field(ipam, "ranges");
  const sets: unknown[] = Array.isArray(ranges) ? ranges.flat() : [];
  return [ipam, ...sets]
    .map((range) => field(range, "subnet"))
    .filter((s) => typeof s === "string");
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  // cast: any object may be asked for any key; what comes is checked by who uses it
  return (value as Record<string, unknown>)[name];
}
