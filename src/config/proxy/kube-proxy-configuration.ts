/**
 * KubeProxyConfiguration, kubeproxy.config.k8s.io/v1alpha1, as of Kubernetes 1.36. Read: the type
 * in the source of a later version, less the field that it adds (iptables.snatNodeInternalIP).
 */

import { clientConnection, featureGates, logging } from "../schema/component-base.ts";
import { boolean, choice, integer, list, object, required, text } from "../schema/schema.ts";

const duration = (value: string) => text({ format: "duration", default: value });
const syncFields = { syncPeriod: duration("30s"), minSyncPeriod: duration("1s") };
const masqueradeFields = {
  masqueradeBit: integer({ min: 0, max: 31, default: 14 }),
  masqueradeAll: boolean({ default: false }),
};

const iptables = object({
  ...masqueradeFields,
  ...syncFields,
  localhostNodePorts: boolean({ default: true }),
});

const nftables = object({ ...masqueradeFields, ...syncFields });

const ipvs = object({
  syncPeriod: duration("30s"),
  minSyncPeriod: duration("0s"),
  scheduler: text({ default: "" }),
  excludeCIDRs: list(text({ format: "cidr", nonEmpty: true })),
  strictARP: boolean({ default: false }),
  tcpTimeout: duration("0s"),
  tcpFinTimeout: duration("0s"),
  udpTimeout: duration("0s"),
});

const conntrack = object({
  maxPerCore: integer({ min: 0, default: 32768 }),
  min: integer({ min: 0, default: 131072 }),
  tcpEstablishedTimeout: duration("24h"),
  tcpCloseWaitTimeout: duration("1h"),
  tcpBeLiberal: boolean({ default: false }),
  udpTimeout: duration("0s"),
  udpStreamTimeout: duration("0s"),
});

const winkernel = object({
  networkName: text({ default: "" }),
  sourceVip: text({ default: "" }),
  enableDSR: boolean({ default: false }),
  rootHnsEndpointName: text({ default: "" }),
  forwardHealthCheckVip: boolean({ default: false }),
});

/** Every key of the file that kube-proxy's --config names. */
export const kubeProxyConfiguration = object({
  apiVersion: required(choice(["kubeproxy.config.k8s.io/v1alpha1"])),
  kind: required(choice(["KubeProxyConfiguration"])),
  featureGates,
  clientConnection,
  logging,
  hostnameOverride: text({ default: "" }),
  bindAddress: text({ format: "ip", default: "0.0.0.0" }),
  healthzBindAddress: text({ format: "ip-or-host-port", default: "0.0.0.0:10256" }),
  metricsBindAddress: text({ format: "ip-or-host-port", default: "127.0.0.1:10249" }),
  bindAddressHardFail: boolean({ default: false }),
  enableProfiling: boolean({ default: false }),
  showHiddenMetricsForVersion: text({ default: "" }),
  mode: choice(["", "iptables", "ipvs", "nftables", "kernelspace"], { default: "iptables" }),
  iptables,
  ipvs,
  nftables,
  winkernel,
  detectLocalMode: choice(
    ["", "ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"],
    { default: "ClusterCIDR" },
  ),
  detectLocal: object({
    bridgeInterface: text({ default: "" }),
    interfaceNamePrefix: text({ default: "" }),
  }),
  clusterCIDR: text({ format: "cidr-list", default: "" }),
  nodePortAddresses: list(text({ format: "cidr-or-primary", nonEmpty: true })),
  oomScoreAdj: integer({ min: -1000, max: 1000, default: -999 }),
  conntrack,
  configSyncPeriod: duration("15m"),
  portRange: text({ default: "", deprecated: "it no longer has any effect" }),
  windowsRunAsService: boolean({ default: false }),
});
