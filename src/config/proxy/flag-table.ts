import { schemaAt } from "../schema/schema.ts";
import type { FlagKinds } from "../unit/parse-flags.ts";
import { kubeProxyConfiguration } from "./kube-proxy-configuration.ts";

/**
 * Flags of kube-proxy with the field of KubeProxyConfiguration that they set; "" where there is
 * none. Several set a field that depends on the mode.
 */
export const PROXY_FLAGS: Readonly<Record<string, string>> = {
  "--bind-address": "bindAddress",
  "--bind-address-hard-fail": "bindAddressHardFail",
  "--boot-id-file": "",
  "--cleanup": "",
  "--cluster-cidr": "clusterCIDR",
  "--config": "",
  "--config-sync-period": "configSyncPeriod",
  "--conntrack-max-per-core": "conntrack.maxPerCore",
  "--conntrack-min": "conntrack.min",
  "--conntrack-tcp-be-liberal": "conntrack.tcpBeLiberal",
  "--conntrack-tcp-timeout-close-wait": "conntrack.tcpCloseWaitTimeout",
  "--conntrack-tcp-timeout-established": "conntrack.tcpEstablishedTimeout",
  "--conntrack-udp-timeout": "conntrack.udpTimeout",
  "--conntrack-udp-timeout-stream": "conntrack.udpStreamTimeout",
  "--detect-local-mode": "detectLocalMode",
  "--feature-gates": "featureGates",
  "--healthz-bind-address": "healthzBindAddress",
  "--healthz-port": "",
  "--help": "",
  "--hostname-override": "hostnameOverride",
  "--init-only": "",
  "--iptables-localhost-nodeports": "iptables.localhostNodePorts",
  "--iptables-masquerade-bit": "iptables.masqueradeBit",
  "--iptables-min-sync-period": "iptables.minSyncPeriod",
  "--iptables-sync-period": "iptables.syncPeriod",
  "--ipvs-exclude-cidrs": "ipvs.excludeCIDRs",
  "--ipvs-min-sync-period": "ipvs.minSyncPeriod",
  "--ipvs-scheduler": "ipvs.scheduler",
  "--ipvs-strict-arp": "ipvs.strictARP",
  "--ipvs-sync-period": "ipvs.syncPeriod",
  "--ipvs-tcp-timeout": "ipvs.tcpTimeout",
  "--ipvs-tcpfin-timeout": "ipvs.tcpFinTimeout",
  "--ipvs-udp-timeout": "ipvs.udpTimeout",
  "--kube-api-burst": "clientConnection.burst",
  "--kube-api-content-type": "clientConnection.contentType",
  "--kube-api-qps": "clientConnection.qps",
  "--kubeconfig": "clientConnection.kubeconfig",
  "--log-flush-frequency": "logging.flushFrequency",
  "--log-json-info-buffer-size": "logging.options.json.infoBufferSize",
  "--log-json-split-stream": "logging.options.json.splitStream",
  "--log-text-info-buffer-size": "logging.options.text.infoBufferSize",
  "--log-text-split-stream": "logging.options.text.splitStream",
  "--logging-format": "logging.format",
  "--machine-id-file": "",
  "--masquerade-all": "iptables.masqueradeAll",
  "--master": "",
  "--metrics-bind-address": "metricsBindAddress",
  "--metrics-port": "",
  "--nodeport-addresses": "nodePortAddresses",
  "--oom-score-adj": "oomScoreAdj",
  "--pod-bridge-interface": "detectLocal.bridgeInterface",
  "--pod-interface-name-prefix": "detectLocal.interfaceNamePrefix",
  "--profiling": "enableProfiling",
  "--proxy-mode": "mode",
  "--show-hidden-metrics-for-version": "showHiddenMetricsForVersion",
  "--v": "logging.verbosity",
  "-v": "logging.verbosity",
  "--version": "",
  "--vmodule": "logging.vmodule",
  "--write-config-to": "",
};

const BOOLEANS: ReadonlySet<string> = new Set([
  "--cleanup",
  "--help",
  "-h",
  "--init-only",
  "--version",
]);

/** How kube-proxy reads its command line. */
export const PROXY_FLAG_KINDS: FlagKinds = {
  isKnown: (name) => PROXY_FLAGS[name] !== undefined || name === "-h",
  isBoolean: (name) => {
    if (BOOLEANS.has(name)) return true;
    const key = PROXY_FLAGS[name] ?? "";
    return key !== "" && schemaAt(kubeProxyConfiguration, key.split("."))?.type === "boolean";
  },
};

/** Whether kube-proxy takes a flag although it has a --config: its name, and how it logs. */
export function countsBesideConfig(name: string): boolean {
  return name === "--hostname-override" || (PROXY_FLAGS[name] ?? "").startsWith("logging.");
}
