/**
 * For tests of interface plugins: a network on a host that is a namespace. Needs root.
 *
 * @module
 */
export { type NetworkCall, NetworkLab } from "./network-lab.ts";
