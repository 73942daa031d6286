/**
 * What a machine says about itself before anything changes: read on the node, judged elsewhere.
 * Parsers of the kernel's and the programs' texts are apart from the readers, and the readers take
 * a root directory, so that a tree of files can stand in for a machine.
 *
 * @module
 */
export {
  collectFacts,
  type FactsRequest,
  type FactsSources,
  NODE_COMMANDS,
  NODE_PATH,
} from "./collect-facts.ts";
export { FileTree } from "./file-tree.ts";
export type {
  ActiveSwap,
  ClockFacts,
  DiskFacts,
  FirewallFacts,
  ForeignSoftware,
  LinkFacts,
  Listener,
  NetworkFacts,
  NodeFacts,
  OsFacts,
  PersistentSwap,
  RouteFacts,
  SystemdFacts,
} from "./node-facts.ts";
export { parseForwardAccepts } from "./parse-firewall.ts";
export { countCpus, parseMeminfo, parseOsRelease } from "./parse-os.ts";
export { readNetwork } from "./read-network.ts";
