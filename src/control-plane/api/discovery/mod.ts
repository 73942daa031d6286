/**
 * What the server says about what it serves: groups, versions, resources. Pure.
 *
 * @module
 */
export {
  aggregatedDiscovery,
  coreVersions,
  groupList,
  oneGroup,
  resourceList,
} from "./discovery.ts";
