import { type Cidr, cidrsOverlap, formatCidr, lastAddress, parseCidr } from "../../../ip/mod.ts";
import { API, type Node } from "../../../kube/types/mod.ts";
import { type Controller, NOTHING, type Plan, watch } from "../lib/mod.ts";

/** How large a node's part of the cluster's networks is; upstream's defaults. */
const NODE_BITS: Readonly<Record<4 | 6, number>> = { 4: 24, 6: 64 };

/** Gives a node that has no pod networks the first free ones; those that are set stay. */
export function planPodCidrs(
  node: Node,
  nodes: readonly Node[],
  clusterCidrs: readonly Cidr[],
): Plan {
  if ((node.spec?.podCIDR ?? "") !== "" || clusterCidrs.length === 0) return NOTHING;
  const taken = nodes.flatMap(cidrsOf);
  const chosen = clusterCidrs.map((cidr) => firstFree(cidr, taken));
  const podCIDRs = chosen.flatMap((cidr) => (cidr === undefined ? [] : [formatCidr(cidr)]));
  if (podCIDRs.length < clusterCidrs.length) {
    const about = {
      kind: API.nodes,
      about: node,
      type: "Normal",
      reason: "CIDRNotAvailable",
    } as const;
    const message = `Node ${node.metadata.name} status is now: CIDRNotAvailable`;
    return { writes: [{ verb: "event", event: { ...about, message } }] };
  }
  const value = { metadata: { uid: node.metadata.uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } };
  const patch = { type: "strategic", value } as const;
  return { writes: [{ verb: "patch", type: API.nodes, object: node, patch }] };
}

function cidrsOf({ spec }: Node): readonly Cidr[] {
  const texts = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
  return texts.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr.ok ? [cidr.value] : [];
  });
}

function firstFree(cluster: Cidr, taken: readonly Cidr[]): Cidr | undefined {
  const { family } = cluster;
  const prefixLength = Math.max(NODE_BITS[family], cluster.prefixLength);
  const step = 1n << BigInt((family === 4 ? 32 : 128) - prefixLength);
  for (let network = cluster.network; network <= lastAddress(cluster); network += step) {
    const candidate: Cidr = { family, network, prefixLength };
    if (!taken.some((one) => cidrsOverlap(one, candidate))) return candidate;
  }
  return undefined;
}

/** Gives nodes their pod networks; one at a time, so that no two get the same. */
export function podCidrController(clusterCidrs: readonly Cidr[]): Controller {
  return {
    name: "node-ipam",
    workers: 1,
    watches: [watch(API.nodes, ({ metadata }) => [metadata.name])],
    plan: (name, cluster) => {
      const node = cluster.get(API.nodes, name);
      return node === undefined
        ? NOTHING
        : planPodCidrs(node, cluster.all(API.nodes), clusterCidrs);
    },
  };
}
