/**
 * iptables as the reference plugins use it: one program call to read a table and one to change
 * it; chains that are left over are found and removed over netlink where iptables keeps them in
 * nf_tables.
 *
 * @module
 */
export { Iptables, type IptablesVariant } from "./iptables.ts";
export {
  chainComment,
  chainName,
  chainRemoval,
  commentOf,
  type IptablesChange,
  parseSavedTable,
  printChanges,
  type SavedRule,
  type SavedTable,
  targetOf,
  trimComment,
} from "./iptables-text.ts";
export {
  type FoundChain,
  findChains,
  type LeftoverPlace,
  openLegacy,
  removeChains,
} from "./leftover-chains.ts";
