/**
 * The network of a cluster as one picture: what nodes and the API server say, joined into plain data
 * (ClusterMap) with what should not be so, and shown as text or as a page. Pure: others ask.
 *
 * @module
 */
export type { ClusterMap, Stray } from "./cluster-map.ts";
export { joinMap } from "./join-map.ts";
export { mapHtml } from "./map-html.ts";
export type { MachineSource, MapSources, NodeSource } from "./map-sources.ts";
export { mapText } from "./map-text.ts";
