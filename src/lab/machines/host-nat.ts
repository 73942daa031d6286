import { readFile, writeFile } from "node:fs/promises";
import type { Lab, LabDeps } from "./lab.ts";
import { labMark } from "./names.ts";

type Deps = Pick<LabDeps, "run">;

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const PREFIX = "nodewright-";
/** An empty chain that remembers, in the network namespace itself, what was before the first lab. */
const WAS_OFF = "forwarding_was_off";

/** Lets a lab's machines reach the internet: an nftables table of its own, and IPv4 forwarding. */
export async function createNat(deps: Deps, lab: Lab): Promise<void> {
  const known = [...(await natTables(deps)).values()].some((chains) => chains.has(WAS_OFF));
  const isOff = (await readFile(FORWARDING, "utf8")).trim() === "0";
  const table = `ip ${PREFIX}${lab.bridge}`;
  await deps.run(["nft", "-f", "-"], {
    input: `add table ${table}
delete table ${table}
table ${table} {
  comment "${labMark(lab.name)}"
  ${known || isOff ? `chain ${WAS_OFF} { }` : ""}
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr ${lab.subnet} oifname != "${lab.bridge}" masquerade
  }
}
`,
  });
  if (isOff) await writeFile(FORWARDING, "1");
}

/** Takes that away; with the last such lab forwarding is as it was before the first. */
export async function removeNat(deps: Deps, bridge: string): Promise<void> {
  const tables = await natTables(deps);
  const own = tables.get(`${PREFIX}${bridge}`);
  if (own === undefined) return;
  if (own.has(WAS_OFF) && tables.size === 1) await writeFile(FORWARDING, "0");
  await deps.run(["nft", "delete", "table", "ip", `${PREFIX}${bridge}`]);
}

/** The chains of each of the labs' tables; empty where there is no nft. */
async function natTables(deps: Deps): Promise<Map<string, Set<string>>> {
  const argv = ["nft", "list", "chains", "ip"];
  const listed = await deps.run(argv, { allowFailure: true }).catch(() => undefined);
  return parseChains(listed?.stdout ?? "");
}

/** The output of `nft list chains`, our tables only. */
export function parseChains(text: string): Map<string, Set<string>> {
  const tables = new Map<string, Set<string>>();
  let chains: Set<string> | undefined;
  for (const line of text.split("\n")) {
    const table = /^table \S+ (\S+)/.exec(line)?.[1];
    if (table !== undefined) {
      chains = new Set();
      if (table.startsWith(`${PREFIX}nwlab-`)) tables.set(table, chains);
    }
    const chain = /^\s+chain (\S+)/.exec(line)?.[1];
    if (chain !== undefined) chains?.add(chain);
  }
  return tables;
}
