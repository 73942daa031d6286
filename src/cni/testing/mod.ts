/**
 * For tests of plugins: namespaces and calls as a runtime makes them. Needs root.
 *
 * @example
 * using lab = new PluginLab();
 * const pod = lab.netns("pod");
 * const conf = { cniVersion: "1.1.0", name: "lo", type: "loopback" };
 * const { result } = lab.mustCall("loopback", { command: "ADD", conf, pod });
 *
 * @module
 */

export { CniServer, type CniServerOptions } from "./cni-server.ts";
export { type PacketEnds, routerAdvertisement, sendPacket, TCP, tcpSegment } from "./frames.ts";
export { IpamScript, type IpamScriptOptions } from "./ipam-script.ts";
export { LabNamespaces, type LabNetns } from "./lab-namespaces.ts";
export { OwnExecutables, type PluginPath } from "./own-executables.ts";
export { type PluginCall, PluginLab, type PluginOutcome } from "./plugin-lab.ts";
export { type EchoServer, PodNetwork } from "./pod-network.ts";
