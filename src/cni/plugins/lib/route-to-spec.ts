import type { Route, RouteSpec } from "../../../rtnl/mod.ts";

/** A route that the kernel has, as it can be put into a table or taken from one. */
export function routeToSpec(route: Route, table: number): RouteSpec {
  const { destination, gateway, linkIndex, source, protocol, scope, type, priority } = route;
  const { mtu, advmss } = route;
  return {
    destination,
    table,
    protocol,
    scope,
    priority,
    onlink: route.isOnlink,
    ...(type === "other" ? {} : { type }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(linkIndex === undefined ? {} : { linkIndex }),
    ...(source === undefined ? {} : { source }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(advmss === undefined ? {} : { advmss }),
  };
}
