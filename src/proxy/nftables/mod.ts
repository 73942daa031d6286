/**
 * The mode `nftables`: routes as chains, sets and verdict maps of a table of kube-proxy's own, over
 * netlink, with the names that kube-proxy 1.36 gives them. Needs a kernel with nf_tables (5.13 and
 * later); no nft command.
 *
 * @module
 */
export { KubeProxyTable, removeKubeProxyTables, type ServiceChange } from "./kube-proxy-table.ts";
export { TABLE_NAME } from "./layout.ts";
export { type Frontend, listFrontends } from "./list-frontends.ts";
export { NftablesWriter } from "./nftables-writer.ts";
export { type ServiceRules, serviceRules } from "./service-rules.ts";
