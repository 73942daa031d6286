import type { ClusterMap } from "./cluster-map.ts";
import { findStrays } from "./find-strays.ts";
import { mapNode } from "./map-node.ts";
import { mapServices } from "./map-services.ts";
import type { MapSources } from "./map-sources.ts";

/** Pure: what the nodes and the API server say, joined into one map. */
export function joinMap(sources: MapSources): ClusterMap {
  const { takenAt, machines, nodes, services } = sources;
  const mapped = services.ok ? mapServices(services.services, services.slices, nodes) : undefined;
  return {
    takenAt,
    nodes: nodes.map((node) => mapNode(node, machines)),
    services: mapped,
    servicesProblem: services.ok ? undefined : services.why,
    strays: findStrays(sources, mapped ?? []),
  };
}
