import type { Endpoint } from "./endpoint.ts";
import { isExternallyAccessible, type ServicePort } from "./service-port.ts";

/** What a proxy knows about its own node. */
export interface ProxyNode {
  readonly name: string;
  /** The label topology.kubernetes.io/zone; undefined where the node has none. */
  readonly zone?: string;
}

/** A port's endpoints, by the traffic policy that leads to them. */
export interface ChosenEndpoints {
  /** Of the policy Cluster; empty where the port never uses it. */
  readonly cluster: readonly Endpoint[];
  /** Of the policy Local; empty where the port never uses it. */
  readonly local: readonly Endpoint[];
  /** All that can be reached from this node, each once. */
  readonly reachable: readonly Endpoint[];
  /** Some node could serve a connection, if perhaps not this one. */
  readonly hasAny: boolean;
}

/**
 * Which endpoints a port uses on this node: the ready ones; where there are none at all, those that
 * terminate and still serve. Hints of topology count where every ready endpoint has one and one is
 * for this node or zone.
 */
export function chooseEndpoints(
  port: ServicePort,
  endpoints: readonly Endpoint[],
  node: ProxyNode,
): ChosenEndpoints {
  const isExternal = isExternallyAccessible(port);
  // Also with externalTrafficPolicy Local: pods and the node itself reach every endpoint.
  const usesCluster = !port.isInternalLocal || isExternal;
  const usesLocal = port.isInternalLocal || (port.isExternalLocal && isExternal);
  const cluster = usesCluster ? clusterEndpoints(endpoints, node) : [];
  const local = usesLocal ? usable(endpoints.filter(({ isLocal }) => isLocal)) : [];
  const hasAny = cluster.length > 0 || (usesLocal && usable(endpoints).length > 0);
  return { cluster, local, reachable: union(cluster, local), hasAny };
}

/** The ready ones, or else those that terminate and still serve. */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(({ isReady }) => isReady);
  if (ready.length > 0) return ready;
  return endpoints.filter(({ isServing, isTerminating }) => isServing && isTerminating);
}

function clusterEndpoints(endpoints: readonly Endpoint[], node: ProxyNode): readonly Endpoint[] {
  const all = usable(endpoints);
  if (all[0]?.isReady !== true) return all;
  return (
    hinted(all, ({ nodes }) => nodes, node.name) ??
    hinted(all, ({ zones }) => zones, node.zone) ??
    all
  );
}

/** Those that are meant for `name`; undefined where the hints do not count. */
function hinted(
  endpoints: readonly Endpoint[],
  hintsOf: (endpoint: Endpoint) => readonly string[] | undefined,
  name: string | undefined,
): readonly Endpoint[] | undefined {
  if (name === undefined || !endpoints.every((one) => hintsOf(one) !== undefined)) return undefined;
  const meant = endpoints.filter((one) => hintsOf(one)?.includes(name));
  return meant.length === 0 ? undefined : meant;
}

function union(a: readonly Endpoint[], b: readonly Endpoint[]): readonly Endpoint[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  return [...new Map([...a, ...b].map((one) => [one.name, one])).values()];
}
