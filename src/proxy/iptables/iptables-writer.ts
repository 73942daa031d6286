import type { RouteWriter, ServiceRoutes, WriteOptions } from "../route-writer.ts";
import { CHAIN, isPortChain, JUMPS, OWN_CHAINS } from "./chains.ts";
import { type PortRules, portRules, type SharedRule } from "./port-rules.ts";
import { restoreInput, sharedChains, type TableChange } from "./restore-input.ts";
import type { Iptables } from "./run-iptables.ts";

/** What was written of one Service. */
interface WrittenService {
  readonly shared: readonly SharedRule[];
  /** Its chains, each with its rules as one text: all that is asked is whether they changed. */
  readonly chains: ReadonlyMap<string, string>;
}

/** With more chains than these a full sync is written in parts. */
const MOST_CHAINS = 1000;
const CHAINS_A_PART = 500;

/** Chains of endpoints, of what leads to them, of what leads to those. */
const RANKS = ["KUBE-SEP-", "KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-"];

function rankOf(chain: string): number {
  return RANKS.findIndex((prefix) => chain.startsWith(prefix));
}

const NOTHING: WrittenService = { shared: [], chains: new Map() };

/** From so many endpoints on comments of endpoints are left out, as kube-proxy does. */
const LARGE_CLUSTER = 1000;

/**
 * The mode iptables, with kube-proxy's own chains. A change writes the chains of its Services alone,
 * and the chains that all share only where a rule in them has changed, in one call of
 * iptables-restore.
 */
export class IptablesWriter implements RouteWriter {
  readonly #iptables: Iptables;
  /** In the order of the API's names, so that the shared chains are the same after a restart. */
  #services = new Map<string, WrittenService>();
  #hasComments = true;
  readonly tables: readonly string[] = ["nat", "filter", "mangle"];
  readonly hasStale = false;

  constructor(iptables: Iptables) {
    this.#iptables = iptables;
  }

  async rebuild(services: Iterable<ServiceRoutes>, options: WriteOptions): Promise<void> {
    const all = [...services].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#hasComments = countEndpoints(all) <= LARGE_CLUSTER;
    const written = new Map<string, WrittenService>();
    const chains = new Map<string, readonly string[]>();
    for (const [service, routes] of all) {
      const ports = routes.map((route) => portRules(route, this.#rulesOf(options)));
      for (const port of ports) for (const [chain, rules] of port.chains) chains.set(chain, rules);
      written.set(service, writtenOf(ports));
    }
    const shared = sharedChains({ settings: options.settings, rules: rulesOf(written.values()) });
    await this.#link();
    const stale = (await this.#iptables.chains("nat")).filter(
      (chain) => isPortChain(chain) && !chains.has(chain),
    );
    const isOneCall = chains.size <= MOST_CHAINS || !(await this.#iptables.isOfNfTables());
    if (!isOneCall) await this.#writeInParts(chains);
    await this.#iptables.restore(
      restoreInput({
        filter: { chains: shared.filter, removed: [] },
        nat: { chains: isOneCall ? joined(shared.nat, chains) : shared.nat, removed: stale },
      }),
    );
    this.#services = written;
  }

  /**
   * The time that iptables-restore over nf_tables takes grows with the square of the chains that one
   * call names. In parts it is linear: chains before those that lead to them, so that at no time a rule
   * leads to nothing, and a Service changes at once.
   */
  async #writeInParts(chains: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const ordered = [...chains].sort(([a], [b]) => rankOf(a) - rankOf(b));
    for (let start = 0; start < ordered.length; start += CHAINS_A_PART) {
      const part = new Map(ordered.slice(start, start + CHAINS_A_PART));
      const filter: TableChange = { chains: new Map(), removed: [] };
      await this.#iptables.restore(restoreInput({ filter, nat: { chains: part, removed: [] } }));
    }
  }

  async update(services: readonly ServiceRoutes[], options: WriteOptions): Promise<void> {
    const after = new Map(this.#services);
    const chains = new Map<string, readonly string[]>();
    const removed = new Set<string>();
    let isSharedChanged = false;
    for (const [service, routes] of services) {
      const before = this.#services.get(service) ?? NOTHING;
      const ports = routes.map((route) => portRules(route, this.#rulesOf(options)));
      const now = writtenOf(ports);
      for (const port of ports) {
        for (const [chain, rules] of port.chains) {
          if (before.chains.get(chain) !== now.chains.get(chain)) chains.set(chain, rules);
        }
      }
      for (const chain of before.chains.keys()) if (!now.chains.has(chain)) removed.add(chain);
      isSharedChanged ||= !Bun.deepEquals(before.shared, now.shared);
      if (routes.length === 0) after.delete(service);
      else after.set(service, now);
    }
    // A Service that is new, or gone, has changed what all share.
    const sorted = isSharedChanged
      ? new Map([...after].sort(([a], [b]) => (a < b ? -1 : 1)))
      : after;
    const shared = isSharedChanged
      ? sharedChains({ settings: options.settings, rules: rulesOf(sorted.values()) })
      : undefined;
    const nat: TableChange = {
      chains: joined(shared?.nat ?? new Map(), chains),
      removed: [...removed].filter((chain) => !chains.has(chain)),
    };
    const filter: TableChange = { chains: shared?.filter ?? new Map(), removed: [] };
    await this.#iptables.restore(restoreInput({ nat, filter }));
    this.#services = sorted;
  }

  /** False where the canary of a table is gone, or a rule that every packet passes. */
  async isIntact(): Promise<boolean> {
    for (const table of this.tables) {
      const canary = await this.#iptables.run(table, "-S", CHAIN.canary);
      if (canary.exitCode !== 0) return false;
    }
    const marks = await this.#iptables.run("nat", "-S", CHAIN.markMasq);
    if (!marks.stdout.includes(`-A ${CHAIN.markMasq} `)) return false;
    for (const { table, from, args } of JUMPS) {
      if (!(await this.#iptables.hasRule(table, from, args))) return false;
    }
    return true;
  }

  deleteStale(): void {}

  #rulesOf({ settings }: WriteOptions): Parameters<typeof portRules>[1] {
    return { settings, hasComments: this.#hasComments };
  }

  /** Makes the chains that are jumped to, the canaries, and the jumps of the kernel's own chains. */
  async #link(): Promise<void> {
    for (const table of ["nat", "filter", "mangle"] as const) {
      const present = new Set(await this.#iptables.chains(table));
      const wanted: readonly string[] =
        table === "filter" ? [...OWN_CHAINS.filter, CHAIN.kubeletFirewall] : OWN_CHAINS[table];
      for (const chain of wanted.filter((name) => !present.has(name))) {
        await this.#iptables.mustRun(table, "-N", chain);
      }
    }
    for (const { table, from, args } of JUMPS) {
      if (await this.#iptables.hasRule(table, from, args)) continue;
      await this.#iptables.mustRun(table, "-I", from, ...args);
    }
  }
}

function countEndpoints(services: readonly ServiceRoutes[]): number {
  let count = 0;
  for (const [, routes] of services) {
    for (const { endpoints } of routes) count += endpoints.reachable.length;
  }
  return count;
}

function writtenOf(ports: readonly PortRules[]): WrittenService {
  return {
    shared: ports.flatMap(({ shared }) => shared),
    chains: new Map(
      ports.flatMap(({ chains }) =>
        [...chains].map(([chain, rules]) => [chain, rules.join("\n")] as const),
      ),
    ),
  };
}

function* rulesOf(services: Iterable<WrittenService>): Generator<SharedRule> {
  for (const { shared } of services) yield* shared;
}

function joined(
  first: ReadonlyMap<string, readonly string[]>,
  second: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map([...first, ...second]);
}

/**
 * Takes away all that a proxy in the mode iptables leaves, the official one's as well; rules and chains
 * of others stay, and so does the kubelet's chain.
 */
export async function removeKubeChains(iptables: Iptables): Promise<void> {
  for (const { table, from, to, args } of JUMPS) {
    if (to === CHAIN.kubeletFirewall) continue;
    while (await iptables.hasRule(table, from, args)) {
      await iptables.mustRun(table, "-D", from, ...args);
    }
  }
  const removedOf = async (table: keyof typeof OWN_CHAINS): Promise<string[]> =>
    (await iptables.chains(table)).filter(
      (chain) => OWN_CHAINS[table].includes(chain) || (table === "nat" && isPortChain(chain)),
    );
  const [nat, filter, mangle] = [
    await removedOf("nat"),
    await removedOf("filter"),
    await removedOf("mangle"),
  ];
  const none = new Map();
  await iptables.restore(
    restoreInput({
      nat: { chains: none, removed: nat },
      filter: { chains: none, removed: filter },
    }),
  );
  for (const chain of mangle) {
    await iptables.mustRun("mangle", "-F", chain);
    await iptables.mustRun("mangle", "-X", chain);
  }
}
