import { type ChosenEndpoints, chooseEndpoints, type ProxyNode } from "./choose-endpoints.ts";
import type { Endpoint } from "./endpoint.ts";
import { isExternallyAccessible, type ServicePort } from "./service-port.ts";

/** Where the connections to one kind of address go: to endpoints, or to nobody. */
export type Way =
  | { readonly to: "cluster" | "local" }
  /** No endpoint anywhere: the client is told. */
  | { readonly to: "reject" }
  /** The policy is Local and this node has none: somebody else answers. */
  | { readonly to: "drop" };

/** Where everything goes that is meant for one port of a Service. What each proxy mode writes down. */
export interface Route {
  readonly port: ServicePort;
  readonly endpoints: ChosenEndpoints;
  /** What is sent to the cluster IP. */
  readonly internal: Way;
  /** What is sent to node ports, external addresses and load balancers; undefined without them. */
  readonly external?: Way;
}

/** The route of a Service's port on this node. */
export function routeServicePort(
  port: ServicePort,
  endpoints: readonly Endpoint[],
  node: ProxyNode,
): Route {
  const chosen = chooseEndpoints(port, endpoints, node);
  const internal = wayOf(chosen, port.isInternalLocal);
  if (!isExternallyAccessible(port)) return { port, endpoints: chosen, internal };
  return { port, endpoints: chosen, internal, external: wayOf(chosen, port.isExternalLocal) };
}

function wayOf({ hasAny, local }: ChosenEndpoints, isLocal: boolean): Way {
  if (!hasAny) return { to: "reject" };
  if (!isLocal) return { to: "cluster" };
  return { to: local.length === 0 ? "drop" : "local" };
}
