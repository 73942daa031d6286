import type { Route } from "../../../rtnl/mod.ts";

/**
 * A route as routes with one way each, those by a link. IPv6 keeps the ways of a route apart, so each
 * may be deleted and added by itself. IPv4 does not: one with several ways gives none here.
 */
export function singleWays(route: Route, linkIndex: number): readonly Route[] {
  if (route.nexthops.length === 0) return route.linkIndex === linkIndex ? [route] : [];
  if (route.destination.family === 4) return [];
  return route.nexthops
    .filter((way) => way.linkIndex === linkIndex)
    .map(({ gateway }) => ({
      ...route,
      nexthops: [],
      linkIndex,
      ...(gateway === undefined ? {} : { gateway }),
    }));
}
