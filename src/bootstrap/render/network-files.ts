import type { Problem } from "../../base/mod.ts";
import { formatCidr } from "../../ip/mod.ts";
import type { DesiredRoute } from "../../plan/mod.ts";
import { addressOfFamily, type Cluster, isWorker, type Machine } from "../inventory/mod.ts";

/** The first line of every file that is not the user's own. */
export const HEADER = "# Written by nodewright; the next apply writes it again.\n";

/** The routes to all workers' pod subnets of some families, and where each worker's own lie in it. */
interface FamilyTable {
  readonly routes: readonly DesiredRoute[];
  /** A line for `ip -batch` for each route. */
  readonly lines: Uint8Array;
  readonly own: ReadonlyMap<Machine, OwnRange>;
}

/** A worker's own routes and lines: from (included) to (excluded). */
interface OwnRange {
  readonly routes: readonly [from: number, to: number];
  readonly bytes: readonly [from: number, to: number];
}

/**
 * The routes of all machines. A node has all but its own, so each node's list and file are two
 * pieces of a common one: nothing is put together anew for each of a thousand nodes.
 */
export class RouteTable {
  readonly problems: readonly Problem[];
  readonly #workers: readonly Machine[];
  /** The machines that get routes. */
  readonly #routed: ReadonlySet<Machine>;
  readonly #tables = new Map<string, FamilyTable>();

  constructor(cluster: Cluster) {
    const { routes, serverRoutes } = cluster.settings;
    this.#routed = new Set(
      cluster.managed.filter((one) => (isWorker(one) ? routes : serverRoutes)),
    );
    this.#workers = cluster.workers;
    // Alone, a node needs no routes, and nobody has to reach it.
    this.problems = this.#routed.size > 1 ? this.#workers.flatMap(unreachableSubnets) : [];
  }

  /** The routes that a node needs, and the file that keeps them, in pieces. */
  of(machine: Machine): {
    readonly routes: readonly DesiredRoute[];
    readonly batch: readonly Uint8Array[];
  } {
    if (!this.#routed.has(machine)) return { routes: [], batch: [] };
    // A node without an address of a family has no way to its next hops, and no pods that ask.
    const families = machine.addresses.map(({ address }) => address.family);
    const { routes, lines, own } = this.#table(families);
    const range = own.get(machine) ?? { routes: [0, 0], bytes: [0, 0] };
    return {
      routes: [...routes.slice(0, range.routes[0]), ...routes.slice(range.routes[1])],
      batch: [ROUTES_HEADER, lines.subarray(0, range.bytes[0]), lines.subarray(range.bytes[1])],
    };
  }

  #table(families: readonly (4 | 6)[]): FamilyTable {
    const key = [...families].sort().join();
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = buildTable(this.#workers, families);
      this.#tables.set(key, table);
    }
    return table;
  }
}

function buildTable(workers: readonly Machine[], families: readonly (4 | 6)[]): FamilyTable {
  const routes: DesiredRoute[] = [];
  const own = new Map<Machine, OwnRange>();
  let lines = "";
  for (const worker of workers) {
    const from = { routes: routes.length, bytes: lines.length };
    for (const { cidr } of worker.podSubnets) {
      const via = families.includes(cidr.family) ? addressOfFamily(worker, cidr.family) : undefined;
      if (via === undefined) continue;
      const route = { destination: formatCidr(cidr), via: via.text };
      routes.push(route);
      // ASCII alone: characters are bytes.
      lines += `route replace ${route.destination} via ${route.via}\n`;
    }
    own.set(worker, {
      routes: [from.routes, routes.length],
      bytes: [from.bytes, lines.length],
    });
  }
  return { routes, lines: new TextEncoder().encode(lines), own };
}

const ROUTES_HEADER = new TextEncoder().encode(
  `${HEADER}# One route to each other node's pod subnet; read by nodewright-routes.service (ip -batch).\n`,
);

/** Pod subnets of a family that their own machine has no address of. */
function unreachableSubnets(owner: Machine): Problem[] {
  return owner.podSubnets
    .filter(({ cidr }) => addressOfFamily(owner, cidr.family) === undefined)
    .map(({ cidr, location }) => noNextHop(owner, cidr.family, location));
}

function noNextHop(owner: Machine, family: 4 | 6, location: Problem["locations"][number]): Problem {
  return {
    code: "no-next-hop",
    severity: "error",
    message: `Cannot route to an IPv${family} pod subnet: ${owner.name} has no IPv${family} address`,
    locations: [location, owner.location],
    node: owner.name,
    fix: "Write both addresses in the first column, separated by a comma, or set routes: false in nodewright.yaml",
  };
}

export const ROUTES_UNIT = "nodewright-routes.service";
export const MASQUERADE_UNIT = "nodewright-masquerade.service";
export const ROUTES_FILE = "/etc/nodewright/routes";
export const MASQUERADE_FILE = "/etc/nodewright/masquerade.nft";

/** The unit that sets the routes at boot; a new route file makes it run again. */
export const ROUTES_SERVICE = `${HEADER}[Unit]
Description=Routes to the pod subnets of the other nodes
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
# -force: one route that is refused does not keep the others from being set; the unit still fails.
ExecStart=/sbin/ip -force -batch ${ROUTES_FILE}
# At boot the network may be there a moment later than it says.
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;

/** The unit that loads the masquerade rules at boot. */
export const MASQUERADE_SERVICE = `${HEADER}[Unit]
Description=Pods reach the outside of the cluster with the address of their node
After=network-pre.target nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${MASQUERADE_FILE}
ExecStop=-/usr/sbin/nft delete table ip nodewright
ExecStop=-/usr/sbin/nft delete table ip6 nodewright

[Install]
WantedBy=multi-user.target
`;

const FAMILIES = [
  { family: 4, table: "ip", multicast: "224.0.0.0/4" },
  { family: 6, table: "ip6", multicast: "ff00::/8" },
] as const;

/**
 * nftables rules that masquerade what this node's pods send out of the cluster. Adding and
 * deleting each table first makes the file replace its own earlier rules in one transaction.
 */
export function masqueradeRules(cluster: Cluster, machine: Machine): string {
  const cidrs = cluster.clusterCidrs?.cidrs ?? [];
  const tables = FAMILIES.map(({ family, table, multicast }) => {
    const inside = cidrs.filter((cidr) => cidr.family === family).map(formatCidr);
    const rules = machine.podSubnets
      .filter(({ cidr }) => cidr.family === family)
      .map(({ cidr }) => {
        const outside = [...inside, multicast].join(", ");
        return `    ${table} saddr ${formatCidr(cidr)} ${table} daddr != { ${outside} } masquerade\n`;
      });
    const replace = `add table ${table} nodewright\ndelete table ${table} nodewright\n`;
    if (rules.length === 0) return "";
    return `${replace}table ${table} nodewright {
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
${rules.join("")}  }
}
`;
  });
  return HEADER + tables.join("");
}

/** Sysctls that a node needs to forward between pods, its own network and Services. */
export function sysctlsOf(machine: Machine): Readonly<Record<string, string>> {
  const hasIpv6 = machine.podSubnets.some(({ cidr }) => cidr.family === 6);
  return {
    "net.ipv4.ip_forward": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    ...(hasIpv6 ? { "net.ipv6.conf.all.forwarding": "1" } : {}),
  };
}

/** The file under /etc/sysctl.d; its name sorts behind what distributions and clouds put there. */
export function sysctlFile(sysctls: Readonly<Record<string, string>>): string {
  const lines = Object.entries(sysctls).map(([key, value]) => `${key} = ${value}\n`);
  return `${HEADER}# Forwarding for pods, and bridged pod traffic through the rules of Services.\n${lines.join("")}`;
}

/** Kernel features of a worker node, by the module that usually brings them. */
export const MODULES = [
  { module: "overlay", required: true },
  { module: "br_netfilter", required: true },
] as const;

/** The file under /etc/modules-load.d: loaded before the sysctls, which need br_netfilter. */
export const MODULES_FILE = HEADER + MODULES.map(({ module }) => `${module}\n`).join("");

/** /etc/crictl.yaml: where crictl (and ours) finds the runtime. */
export function crictlFile(endpoint: string): string {
  return `${HEADER}runtime-endpoint: ${endpoint}\nimage-endpoint: ${endpoint}\ntimeout: 10\n`;
}
