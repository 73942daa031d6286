import { readFileSync } from "node:fs";
import type { Conn } from "../../netlink/mod.ts";
import {
  createLink,
  findLink,
  getLink,
  type LinkSpec,
  replaceTokenBucket,
  setBridge,
} from "../../rtnl/mod.ts";
import { Absent, attempt, chosen, type Trial, Untestable } from "./attempt.ts";
import type { ProbeResult } from "./probe-report.ts";

/** Tries the kinds of links that networks of pods are made of; in a namespace of its own. */
export function probeLinks(conn: Conn, all: boolean): readonly ProbeResult[] {
  const results = chosen(linkTrials(conn), all).map(attempt);
  // The others hang on a link of a kind that is there; nothing is deleted, which would take long.
  const hasVeth = results.find((r) => r.feature === "veth")?.state === "yes";
  const [first, second] = hasVeth ? ["probe0", "probe1"] : ["lo", "lo"];
  const parents = [getLink(conn, first).index, getLink(conn, second).index] as const;
  return [...results, ...chosen(childTrials(conn, parents), all).map(attempt)];
}

function create(conn: Conn, spec: LinkSpec): () => string {
  return () => {
    createLink(conn, spec);
    return `a link of kind ${spec.kind} was created`;
  };
}

/** The index of a link that an earlier trial has made. */
function existing(conn: Conn, name: string, kind: string): number {
  const link = findLink(conn, name);
  if (link === undefined) throw new Untestable(`not tried: there is no ${kind} link`);
  return link.index;
}

function linkTrials(conn: Conn): readonly Trial[] {
  return [
    {
      feature: "veth",
      module: "veth",
      run: create(conn, { kind: "veth", name: "probe0", peer: { name: "probe1" } }),
    },
    {
      feature: "bridge",
      module: "bridge",
      run: create(conn, { kind: "bridge", name: "probe2" }),
    },
    {
      feature: "bridge-netfilter",
      module: "br_netfilter",
      run: readBridgeNetfilter,
    },
    {
      feature: "bridge-vlan-filtering",
      run: () => {
        setBridge(conn, existing(conn, "probe2", "bridge"), { vlanFiltering: true });
        return "a bridge took vlan_filtering";
      },
    },
    {
      feature: "dummy",
      module: "dummy",
      isOptional: true,
      run: create(conn, { kind: "dummy", name: "probe4" }),
    },
    {
      feature: "ifb",
      module: "ifb",
      isOptional: true,
      run: create(conn, { kind: "ifb", name: "probe5" }),
    },
    {
      feature: "tbf",
      module: "sch_tbf",
      isOptional: true,
      run: () => {
        const linkIndex = existing(conn, "probe5", "ifb");
        const rate = { rateBytes: 1_000_000, bufferTicks: 1_000_000, limitBytes: 100_000 };
        replaceTokenBucket(conn, { linkIndex, ...rate });
        return "a token bucket was put on an ifb link";
      },
    },
    {
      feature: "vxlan",
      module: "vxlan",
      isOptional: true,
      run: create(conn, { kind: "vxlan", name: "probe6", id: 1, port: 8472 }),
    },
    {
      feature: "vrf",
      module: "vrf",
      isOptional: true,
      run: create(conn, { kind: "vrf", name: "probe7", table: 1000 }),
    },
    {
      feature: "wireguard",
      module: "wireguard",
      isOptional: true,
      run: create(conn, { kind: "wireguard", name: "probe8" }),
    },
  ];
}

/** A link can carry macvlans or ipvlans, not both: hence two parents. */
function childTrials(
  conn: Conn,
  [parentIndex, otherIndex]: readonly [number, number],
): readonly Trial[] {
  return [
    {
      feature: "macvlan",
      module: "macvlan",
      isOptional: true,
      run: create(conn, { kind: "macvlan", name: "probe9", parentIndex, mode: "bridge" }),
    },
    {
      feature: "ipvlan",
      module: "ipvlan",
      isOptional: true,
      run: create(conn, { kind: "ipvlan", name: "probe10", parentIndex: otherIndex, mode: "l2" }),
    },
    {
      feature: "vlan",
      module: "8021q",
      isOptional: true,
      run: create(conn, { kind: "vlan", name: "probe11", parentIndex, id: 100 }),
    },
  ];
}

/** Without it, traffic between two pods of one bridge passes by the Service rules. */
function readBridgeNetfilter(): string {
  const file = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  try {
    // Read at once (Sync): the calling thread is in the namespace, others are not.
    return `bridge-nf-call-iptables is there: ${readFileSync(file, "utf8").trim()}`;
  } catch {
    throw new Absent(`no ${file}`);
  }
}
