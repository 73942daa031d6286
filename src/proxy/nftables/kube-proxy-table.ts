import type { Conn } from "../../netlink/mod.ts";
import {
  hasTable,
  listChains,
  listElements,
  listSets,
  type TableRef,
  Transaction,
} from "../../nft/mod.ts";
import type { RoutingSettings } from "../settings.ts";
import { ElementTable } from "./element-table.ts";
import {
  BASE_CHAINS,
  CONTAINERS,
  type ContainerName,
  isServiceObject,
  type Layout,
  layoutOf,
} from "./layout.ts";
import type { PlacedElement, RuleBody, ServiceRules } from "./service-rules.ts";
import { addStaticRules } from "./static-rules.ts";

/** What the kernel has of one Service. Rules as text: all that is asked is whether they changed. */
interface CommittedService {
  readonly chains: ReadonlyMap<string, string>;
  readonly affinitySets: ReadonlyMap<string, number>;
  readonly elements: readonly PlacedElement[];
}

const NOTHING: CommittedService = { chains: new Map(), affinitySets: new Map(), elements: [] };

/** A Service and all that its ports have in the table; no ports where it is gone. */
export type ServiceChange = readonly [service: string, ports: readonly ServiceRules[]];

/** How long a chain stays without rules before it is deleted. */
const STALE_MS = 1000;

/**
 * The table `kube-proxy` of one address family, as this process has written it: only differences
 * are sent, each time in one transaction. A transaction that the kernel refuses changes nothing;
 * then, and at the start, the table is read and written as a whole (`rebuild`).
 */
export class KubeProxyTable {
  readonly #conn: Conn;
  readonly #layout: Layout;
  readonly #elements: Readonly<Record<ContainerName, ElementTable>>;
  #services = new Map<string, CommittedService>();
  /** Chains that nobody needs any more, with the time since when. */
  #stale = new Map<string, number>();

  constructor(conn: Conn, family: 4 | 6) {
    this.#conn = conn;
    this.#layout = layoutOf(family);
    // cast: one entry for each name
    this.#elements = Object.fromEntries(
      CONTAINERS.map((name) => [name, new ElementTable(this.#layout.containers[name])]),
    ) as Record<ContainerName, ElementTable>;
  }

  /**
   * Makes the table what it has to be, whatever it was. Clients keep their endpoints. The Services
   * are asked for one after the other, so that all their rules are never in memory together.
   */
  rebuild(services: Iterable<ServiceChange>, settings: RoutingSettings, nowMs: number): void {
    const { table } = this.#layout;
    const change = new Transaction();
    addStaticRules(change, this.#layout, settings);
    const before = this.#read();
    // All rules first: an old one may use a set that changes.
    for (const chain of before.chains.keys()) change.flushChain({ ...table, chain });
    this.#services = new Map();
    this.#stale = new Map();
    this.#commit(change, services, { nowMs, before });
  }

  /** What is in the table; rules with a text that no rule has, so that every chain is written. */
  #read(): Pick<CommittedService, "chains" | "affinitySets"> {
    const { table } = this.#layout;
    const isThere = hasTable(this.#conn, table);
    for (const name of CONTAINERS) {
      const set = this.#layout.containers[name];
      this.#elements[name].reset(isThere ? listElements(this.#conn, set) : []);
    }
    if (!isThere) return { chains: new Map(), affinitySets: new Map() };
    const chains = listChains(this.#conn, table).filter(({ chain }) => isServiceObject(chain));
    const sets = listSets(this.#conn, table).filter(({ set }) => isServiceObject(set));
    return {
      chains: new Map(chains.map(({ chain }) => [chain, ""])),
      affinitySets: new Map(sets.map(({ set, timeoutMs = 0 }) => [set, timeoutMs / 1000])),
    };
  }

  /** Writes what has changed of these Services. Gives false where that was nothing. */
  update(services: readonly ServiceChange[], nowMs: number): boolean {
    const was = services.map(([service]) => this.#services.get(service) ?? NOTHING);
    const before = {
      chains: new Map(was.flatMap(({ chains }) => [...chains])),
      affinitySets: new Map(was.flatMap(({ affinitySets }) => [...affinitySets])),
    };
    return this.#commit(new Transaction(), services, { nowMs, before });
  }

  get ref(): TableRef {
    return this.#layout.table;
  }

  /** True where every chain that was written is in the kernel. */
  isIntact(): boolean {
    const { table } = this.#layout;
    if (!hasTable(this.#conn, table)) return false;
    const chains = new Set(listChains(this.#conn, table).map(({ chain }) => chain));
    return (
      Object.keys(BASE_CHAINS).every((chain) => chains.has(chain)) &&
      [...this.#services.values()].every((service) =>
        [...service.chains.keys()].every((chain) => chains.has(chain)),
      )
    );
  }

  /** True while chains wait to be deleted. */
  get hasStale(): boolean {
    return this.#stale.size > 0;
  }

  /**
   * Deletes chains that have been without rules for a second. Not at once: kernels before 6.2 count
   * a map's element as a user of its chain for a while after it is gone.
   */
  deleteStale(nowMs: number): void {
    const due = [...this.#stale].filter(([, sinceMs]) => nowMs - sinceMs >= STALE_MS);
    if (due.length === 0) return;
    const change = new Transaction();
    for (const [chain] of due) change.destroyChain({ ...this.#layout.table, chain });
    change.commit(this.#conn);
    for (const [chain] of due) this.#stale.delete(chain);
  }

  #commit(
    change: Transaction,
    services: Iterable<ServiceChange>,
    { nowMs, before }: { readonly nowMs: number; readonly before: Before },
  ): boolean {
    const { table } = this.#layout;
    const written = new Map<string, CommittedService>();
    const left = { chains: new Set(before.chains.keys()), sets: new Map(before.affinitySets) };
    for (const [service, ports] of services) {
      const rules = joined(ports);
      // Before any set goes that one of these rules uses.
      for (const chain of this.#services.get(service)?.chains.keys() ?? []) {
        if (!rules.chains.has(chain)) change.flushChain({ ...table, chain });
      }
      this.#planService(change, rules, before);
      this.#claim(service, rules.elements);
      for (const chain of rules.chains.keys()) left.chains.delete(chain);
      for (const set of rules.affinitySets.keys()) left.sets.delete(set);
      written.set(service, committed(rules));
    }
    for (const set of left.sets.keys()) change.deleteSet({ ...table, set });
    const done = CONTAINERS.map((name) => this.#elements[name].plan(change));
    change.commit(this.#conn);
    for (const finish of done) finish();
    for (const [service, rules] of written) this.#remember(service, rules);
    for (const chain of left.chains) this.#stale.set(chain, nowMs);
    return !change.isEmpty;
  }

  /** Chains first, so that rules can go to them; then sets, then rules. */
  #planService(change: Transaction, rules: ServiceRules, before: Before): void {
    const { table } = this.#layout;
    // The time of a set cannot be changed: it is made again, and so are the rules that use it.
    const replaced = [...rules.affinitySets].filter(([set, seconds]) => {
      const was = before.affinitySets.get(set);
      return was !== undefined && was !== seconds;
    });
    const changed = [...rules.chains].filter(([chain, bodies]) => {
      const text = textOf(bodies);
      return (
        before.chains.get(chain) !== text || replaced.some(([set]) => text.includes(`@${set} `))
      );
    });
    for (const [chain] of changed) {
      if (!before.chains.has(chain)) change.addChain({ ...table, chain });
      // Also a new one: it may wait to be deleted.
      change.flushChain({ ...table, chain });
    }
    for (const [set] of replaced) change.deleteSet({ ...table, set });
    for (const [set, seconds] of rules.affinitySets) {
      if (before.affinitySets.get(set) === seconds) continue;
      change.addSet(this.#layout.affinitySet(set, seconds));
    }
    for (const [chain, bodies] of changed) {
      for (const body of bodies) change.addRule({ ...table, chain, ...body });
    }
  }

  #claim(service: string, elements: readonly PlacedElement[]): void {
    for (const { container, element } of this.#services.get(service)?.elements ?? []) {
      this.#elements[container].release(service, element);
    }
    for (const { container, element } of elements) {
      this.#elements[container].claim(service, element);
    }
  }

  #remember(service: string, rules: CommittedService): void {
    if (rules.elements.length === 0) this.#services.delete(service);
    else this.#services.set(service, rules);
    for (const chain of rules.chains.keys()) this.#stale.delete(chain);
  }
}

/** What the kernel has of the Services that change. */
type Before = Pick<CommittedService, "chains" | "affinitySets">;

/** The rules of all ports of a Service. */
function joined(ports: readonly ServiceRules[]): ServiceRules {
  const [only] = ports;
  if (only !== undefined && ports.length === 1) return only;
  return {
    chains: new Map(ports.flatMap(({ chains }) => [...chains])),
    affinitySets: new Map(ports.flatMap(({ affinitySets }) => [...affinitySets])),
    elements: ports.flatMap(({ elements }) => elements),
  };
}

function committed({ chains, affinitySets, elements }: ServiceRules): CommittedService {
  return {
    chains: new Map([...chains].map(([chain, bodies]) => [chain, textOf(bodies)])),
    affinitySets,
    elements,
  };
}

/** The rules as text; never empty, so that a chain without rules differs from none. */
function textOf(rules: readonly RuleBody[]): string {
  const lines = rules.map(
    ({ statements, comment = "" }) => `${statements.map(({ text }) => text).join(" ")} ${comment}`,
  );
  return `${lines.join("\n")}\n`;
}

/** Takes the tables of both families away; nothing where there are none. */
export function removeKubeProxyTables(conn: Conn): void {
  for (const family of [4, 6] as const) {
    const { table } = layoutOf(family);
    if (hasTable(conn, table)) new Transaction().deleteTable(table).commit(conn);
  }
}
