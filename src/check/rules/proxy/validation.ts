import {
  type KubeProxyConfig,
  type Located,
  type Path,
  parseDurationMs,
} from "../../../config/mod.ts";
import { parseAddress, parseCidr } from "../../../ip/mod.ts";
import { bindOf } from "../../bind-address.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

const SCHEDULERS = ["", "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh"];

/** NW-E14 */
export const proxyValidation = nodeRule({
  id: "NW-E14",
  severity: "warning",
  title: "kube-proxy's servers and periods are ones that it takes, and it is the only proxy",
  stages: ["files"],
  places: [
    "configs/kube-proxy-config.yaml: metricsBindAddress, healthzBindAddress, periods, clusterCIDR",
    "/etc/cni/net.d: the network that pods get",
  ],
  symptom:
    "Metrics are open to the network; `listen tcp: address already in use`; kube-proxy ends with " +
    "`invalid configuration`; or two programs write rules for the same Services.",
  why:
    "Metrics have no authentication: 127.0.0.1:10249 is the default and what security benchmarks ask " +
    "for. kube-proxy refuses periods that exclude each other. Cilium can replace kube-proxy: then " +
    "one of the two is enough.",
  fix: "metricsBindAddress: 127.0.0.1:10249, healthzBindAddress: 0.0.0.0:10256.",
  provoked: { not: "it takes the official kube-proxy, which no package of the lab has" },
  needs: ["kubeProxyConfig"],
  uses: ["networks"],
  check: ({ kubeProxyConfig, networks }) => [
    ...judgeServers(kubeProxyConfig),
    ...judgePeriods(kubeProxyConfig),
    ...judgeWords(kubeProxyConfig),
    ...judgeReplacement(kubeProxyConfig, networks?.[0]),
  ],
});

function judgeServers(config: KubeProxyConfig): readonly Found[] {
  const { metricsBindAddress: metrics, healthzBindAddress: healthz, document } = config;
  const found: Found[] = [];
  const open = bindOf(metrics.value, 10_249);
  const health = bindOf(healthz.value, 10_256);
  if (open !== undefined && open.port !== 0 && !isLoopback(open.host)) {
    found.push({
      message: `kube-proxy shows its metrics to everybody: metricsBindAddress: ${metrics.value}`,
      locations: [metrics.location],
      fix: `Set metricsBindAddress: 127.0.0.1:${open.port}`,
      edits: [{ file: document.file, path: ["metricsBindAddress"], set: `127.0.0.1:${open.port}` }],
    });
  }
  if (open !== undefined && health !== undefined && open.port === health.port && open.port !== 0) {
    found.push({
      message: `metricsBindAddress and healthzBindAddress have the same port: ${open.port}`,
      locations: metrics.isDefault
        ? [healthz.location]
        : [metrics.location, ...(healthz.isDefault ? [] : [healthz.location])],
      severity: "error",
    });
  }
  for (const [name, { value, location }] of [
    ["metricsBindAddress", metrics],
    ["healthzBindAddress", healthz],
  ] as const) {
    const bind = bindOf(value, 0);
    if (bind === undefined || parseAddress(bind.host).ok) continue;
    found.push({
      message: `${name} must have an IP address, not a name: ${value}`,
      locations: [location],
      severity: "error",
    });
  }
  return found;
}

function isLoopback(host: string): boolean {
  return host === "::1" || host === "localhost" || host.startsWith("127.");
}

function judgePeriods({ reader }: KubeProxyConfig): readonly Found[] {
  const found: Found[] = [];
  const duration = (path: Path): (Located<string> & { ms: number }) | undefined => {
    const text = reader.textOrDefault(path);
    const ms = text === undefined ? undefined : parseDurationMs(text.value);
    return text === undefined || ms === undefined ? undefined : { ...text, ms };
  };
  const refuse = (message: string, { location }: Located<string>): void => {
    found.push({ message, locations: [location], severity: "error" });
  };
  for (const table of ["iptables", "nftables", "ipvs"]) {
    const sync = duration([table, "syncPeriod"]);
    const least = duration([table, "minSyncPeriod"]);
    if (sync !== undefined && sync.ms <= 0)
      refuse(`${table}.syncPeriod must be above 0: ${sync.value}`, sync);
    if (least !== undefined && least.ms < 0)
      refuse(`${table}.minSyncPeriod may not be negative: ${least.value}`, least);
    if (sync !== undefined && least !== undefined && least.ms > sync.ms) {
      refuse(
        `${table}.minSyncPeriod may not be above syncPeriod: ${least.value} and ${sync.value}`,
        least.isDefault ? sync : least,
      );
    }
  }
  const config = duration(["configSyncPeriod"]);
  if (config !== undefined && config.ms <= 0)
    refuse(`configSyncPeriod must be above 0: ${config.value}`, config);
  const timeouts = [
    ...["tcpEstablishedTimeout", "tcpCloseWaitTimeout", "udpTimeout", "udpStreamTimeout"].map(
      (key) => ["conntrack", key],
    ),
    ...["tcpTimeout", "tcpFinTimeout", "udpTimeout"].map((key) => ["ipvs", key]),
  ];
  for (const path of timeouts) {
    const timeout = duration(path);
    if (timeout !== undefined && timeout.ms < 0)
      refuse(`${path.join(".")} may not be negative: ${timeout.value}`, timeout);
  }
  return found;
}

function judgeWords({ reader, clusterCIDR, mode }: KubeProxyConfig): readonly Found[] {
  const found: Found[] = [];
  const scheduler = reader.text(["ipvs", "scheduler"]);
  if (mode.value === "ipvs" && scheduler !== undefined && !SCHEDULERS.includes(scheduler.value)) {
    found.push({
      message: `ipvs.scheduler must be one of ${SCHEDULERS.filter(Boolean).join(", ")}: ${scheduler.value}`,
      locations: [scheduler.location],
      severity: "error",
    });
  }
  if (mode.value === "kernelspace") {
    found.push({
      message: "Mode kernelspace is for Windows",
      locations: [mode.location],
      severity: "error",
      fix: "Set mode: iptables or mode: nftables",
    });
  }
  const families = (clusterCIDR?.value.split(",") ?? []).map((text) => {
    const cidr = parseCidr(text.trim());
    return cidr.ok ? cidr.value.family : undefined;
  });
  if (clusterCIDR !== undefined && families.length === 2 && families[0] === families[1]) {
    found.push({
      message: `clusterCIDR takes one subnet of each family: ${clusterCIDR.value}`,
      locations: [clusterCIDR.location],
      severity: "error",
    });
  }
  const burst = reader.number(["clientConnection", "burst"]);
  if (burst !== undefined && burst.value < 0) {
    found.push({
      message: `clientConnection.burst may not be negative: ${burst.value}`,
      locations: [burst.location],
      severity: "error",
    });
  }
  return found;
}

function judgeReplacement(
  config: KubeProxyConfig,
  network: NetworkFact | undefined,
): readonly Found[] {
  const cilium = network?.plugins.find(({ type }) => type?.value === "cilium-cni");
  if (cilium?.type === undefined) return [];
  return [
    {
      message:
        "Pods get their network from Cilium, which may itself stand in for kube-proxy: two would write rules for the same Services",
      locations: [config.document.at([]), cilium.type.location],
      fix: "Run kube-proxy only where Cilium has kubeProxyReplacement false",
    },
  ];
}
