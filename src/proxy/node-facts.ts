import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import type { Node } from "../kube/client/mod.ts";
import type { ProxyNode } from "./model/mod.ts";

/** What the proxy takes from its own Node. */
export interface NodeFacts extends ProxyNode {
  readonly addresses: readonly IpAddress[];
  readonly podCidrs: readonly Cidr[];
  /** It is not being deleted, by an administrator or the autoscaler. */
  readonly isEligible: boolean;
}

const ZONE_LABEL = "topology.kubernetes.io/zone";
const TO_BE_DELETED_TAINT = "ToBeDeletedByClusterAutoscaler";

/** A node that the API does not have: nothing is known, and no load balancer should use it. */
export function unknownNode(name: string): NodeFacts {
  return { name, addresses: [], podCidrs: [], isEligible: false };
}

/** Reads a Node object. */
export function readNode({ metadata, spec, status }: Node): NodeFacts {
  const zone = metadata.labels?.[ZONE_LABEL];
  const internal = (status?.addresses ?? []).filter(({ type }) => type === "InternalIP");
  const cidrs = spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
  return {
    name: metadata.name,
    ...(zone === undefined ? {} : { zone }),
    addresses: internal.flatMap(({ address }) => {
      const parsed = parseAddress(address);
      return parsed.ok ? [parsed.value] : [];
    }),
    podCidrs: cidrs.flatMap((text) => {
      const parsed = parseCidr(text);
      return parsed.ok ? [parsed.value] : [];
    }),
    isEligible:
      metadata.deletionTimestamp === undefined &&
      spec?.taints?.some(({ key }) => key === TO_BE_DELETED_TAINT) !== true,
  };
}
