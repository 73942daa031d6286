/**
 * The mode iptables: kube-proxy's chains in the tables nat and filter, written with iptables-restore.
 *
 * @module
 */
export { IptablesWriter, removeKubeChains } from "./iptables-writer.ts";
export { Iptables, type Spawn, spawnProgram } from "./run-iptables.ts";
