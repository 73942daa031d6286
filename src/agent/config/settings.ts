import { isIP } from "node:net";
import { parseQuantity } from "../../base/mod.ts";
import { type KubeletConfig, parseNodeLabels } from "../../config/mod.ts";
import { durationOf } from "./durations.ts";
import type { AgentFlags } from "./flags.ts";
import { type PlacementSettings, placementSettings } from "./placement-settings.ts";
import { pressureSettings } from "./pressure-settings.ts";
import { type Amounts, reservationsOf } from "./reservations.ts";
import { type StaticUrl, staticUrlOf } from "./static-url.ts";
import type { PressureSettings } from "./thresholds.ts";

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Everything that the agent is told, in the units that it works with. */
export interface AgentSettings {
  readonly nodeName: string;
  readonly nodeIPs: readonly string[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Absent where the agent runs alone, from static pods. */
  readonly kubeconfig?: string;
  /** Where the first client certificate comes from, for a node that has none. */
  readonly bootstrapKubeconfig?: string;
  readonly rotatesCertificates: boolean;
  /** klog's -v: 0 says only what an administrator has to know. */
  readonly verbosity: number;
  readonly paths: AgentPaths;
  readonly runtime: RuntimeSettings;
  readonly node: NodeSettings;
  readonly pods: PodSettings;
  readonly cgroups: CgroupSettings;
  readonly logs: LogSettings;
  readonly server: ServerSettings;
  readonly pressure: PressureSettings;
  readonly images: ImageCollection;
  readonly placement: PlacementSettings;
}

export interface AgentPaths {
  /** /var/lib/kubelet */
  readonly root: string;
  /** /var/log/pods */
  readonly podLogs: string;
  /** Absent where there are no static pods. */
  readonly staticPods?: string;
  readonly certificates: string;
}

export interface RuntimeSettings {
  readonly endpoint: string;
  readonly imageEndpoint: string;
  readonly requestTimeoutMs: number;
}

export interface NodeSettings {
  readonly register: boolean;
  readonly taints: readonly Taint[];
  readonly providerId: string;
  readonly statusUpdateMs: number;
  readonly statusReportMs: number;
  readonly maxImages: number;
  readonly leaseSeconds: number;
  readonly systemReserved: Amounts;
  readonly kubeReserved: Amounts;
  readonly failSwapOn: boolean;
  readonly failCgroupV1: boolean;
}

export interface PodSettings {
  readonly max: number;
  /** 0 for no limit of this kind. */
  readonly maxPerCore: number;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** "" where pods get no resolver of the node. */
  readonly resolvConf: string;
  readonly seccompDefault: boolean;
  readonly maxRestartDelayMs: number;
  readonly staticCheckMs: number;
  /** Absent where no URL has static pods. */
  readonly staticUrl?: StaticUrl;
  readonly unsafeSysctls: readonly string[];
  readonly podCidr: string;
  readonly swapBehavior: "NoSwap" | "LimitedSwap";
}

export interface CgroupSettings {
  readonly driver: "systemd" | "cgroupfs";
  readonly root: string;
  readonly enforceCpuQuota: boolean;
  readonly cpuPeriodUs: number;
  /** -1 for no limit. */
  readonly podPidsLimit: number;
  /** All pods together get no more than the node has left for them. */
  readonly limitsAllPods: boolean;
  /** What pods ask for of the memory is kept for them (gate MemoryQoS, cgroup v2). */
  readonly reservesMemory: boolean;
  /** Set where containers are slowed down before they reach their limits: how far before. */
  readonly throttlingFactor?: number;
}

/** When a container's log is rotated. */
export interface LogSettings {
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly intervalMs: number;
}

/** When images that nothing uses are removed. */
export interface ImageCollection {
  /** Above this share of used space images are removed, down to the lower one; percents. */
  readonly highPercent: number;
  readonly lowPercent: number;
  /** A younger image stays. */
  readonly minimumAgeMs: number;
  /** An image that nothing has used for longer goes; 0 for never. */
  readonly maximumAgeMs: number;
}

export interface ServerSettings {
  readonly enabled: boolean;
  readonly address: string;
  readonly port: number;
  readonly healthzAddress: string;
  /** 0 for none. */
  readonly healthzPort: number;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The serving certificate is asked for from the API server. */
  readonly tlsBootstrap: boolean;
  readonly clientCaFile?: string;
  readonly anonymous: boolean;
  readonly webhook: boolean;
  readonly tokenCacheMs: number;
  readonly authorization: "Webhook" | "AlwaysAllow";
  readonly allowCacheMs: number;
  readonly denyCacheMs: number;
  /** Serves what reaches into containers: logs, exec, attach, port-forward. */
  readonly hasDebugging: boolean;
  /** Serves /logs/; only with the above. */
  readonly hasNodeLogs: boolean;
}

/** The one place where the configuration becomes the agent's own settings. */
export function toSettings(
  config: KubeletConfig,
  flags: AgentFlags,
  hostname: string,
): AgentSettings {
  const text = flags.last;
  const labels = flags.all("--node-labels").flatMap(parseNodeLabels);
  const kubeconfig = text("--kubeconfig");
  const bootstrapKubeconfig = text("--bootstrap-kubeconfig");
  const root = text("--root-dir") ?? "/var/lib/kubelet";
  return {
    nodeName: (text("--hostname-override") ?? hostname).trim().toLowerCase(),
    nodeIPs: (text("--node-ip") ?? "").split(",").filter((address) => isIP(address) !== 0),
    nodeLabels: Object.fromEntries(labels),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(bootstrapKubeconfig === undefined ? {} : { bootstrapKubeconfig }),
    rotatesCertificates: config.reader.boolean(["rotateCertificates"])?.value ?? false,
    verbosity: config.reader.number(["logging", "verbosity"])?.value ?? 0,
    paths: pathsOf(config, { root, certificates: text("--cert-dir") ?? `${root}/pki` }),
    runtime: {
      endpoint: config.containerRuntimeEndpoint.value,
      imageEndpoint: config.imageServiceEndpoint?.value ?? config.containerRuntimeEndpoint.value,
      requestTimeoutMs: durationOf(config, "runtimeRequestTimeout"),
    },
    node: nodeOf(config),
    pods: podsOf(config),
    cgroups: cgroupsOf(config),
    logs: {
      maxBytes: parseQuantity(config.reader.text(["containerLogMaxSize"])?.value ?? "") ?? 0,
      maxFiles: config.reader.number(["containerLogMaxFiles"])?.value ?? 5,
      intervalMs: durationOf(config, "containerLogMonitorInterval"),
    },
    server: serverOf(config),
    pressure: pressureSettings(config),
    images: {
      highPercent: config.reader.number(["imageGCHighThresholdPercent"])?.value ?? 85,
      lowPercent: config.reader.number(["imageGCLowThresholdPercent"])?.value ?? 80,
      minimumAgeMs: durationOf(config, "imageMinimumGCAge"),
      maximumAgeMs: durationOf(config, "imageMaximumGCAge"),
    },
    placement: placementSettings(config),
  };
}

function pathsOf(
  config: KubeletConfig,
  { root, certificates }: { readonly root: string; readonly certificates: string },
): AgentPaths {
  const staticPods = config.staticPodPath?.value;
  return {
    root,
    certificates,
    podLogs: config.reader.textOrDefault(["podLogsDir"])?.value ?? "/var/log/pods",
    ...(staticPods === undefined ? {} : { staticPods }),
  };
}

function nodeOf(config: KubeletConfig): NodeSettings {
  return {
    register: config.registerNode.value,
    taints: taintsOf(config),
    providerId: config.reader.text(["providerID"])?.value ?? "",
    statusUpdateMs: durationOf(config, "nodeStatusUpdateFrequency"),
    statusReportMs: durationOf(config, "nodeStatusReportFrequency"),
    maxImages: config.reader.number(["nodeStatusMaxImages"])?.value ?? 50,
    leaseSeconds: config.reader.number(["nodeLeaseDurationSeconds"])?.value ?? 40,
    ...reservationsOf(config),
    failSwapOn: config.failSwapOn.value,
    failCgroupV1: config.failCgroupV1.value,
  };
}

function podsOf(config: KubeletConfig): PodSettings {
  return {
    max: config.maxPods.value,
    maxPerCore: config.reader.number(["podsPerCore"])?.value ?? 0,
    clusterDns: config.clusterDNS.map(({ value }) => value),
    clusterDomain: config.clusterDomain?.value ?? "",
    resolvConf: config.resolvConf.value,
    seccompDefault: config.reader.boolean(["seccompDefault"])?.value ?? false,
    maxRestartDelayMs: durationOf(config, "crashLoopBackOff", "maxContainerRestartPeriod"),
    staticCheckMs: durationOf(config, "fileCheckFrequency"),
    ...staticUrlOf(config),
    unsafeSysctls: config.reader.texts(["allowedUnsafeSysctls"]).map(({ value }) => value),
    podCidr: config.podCIDR?.value ?? "",
    swapBehavior:
      config.reader.textOrDefault(["memorySwap", "swapBehavior"])?.value === "LimitedSwap"
        ? "LimitedSwap"
        : "NoSwap",
  };
}

function cgroupsOf(config: KubeletConfig): CgroupSettings {
  return {
    driver: config.cgroupDriver.value === "systemd" ? "systemd" : "cgroupfs",
    root: config.reader.textOrDefault(["cgroupRoot"])?.value ?? "/",
    enforceCpuQuota: config.reader.boolean(["cpuCFSQuota"])?.value ?? true,
    cpuPeriodUs: durationOf(config, "cpuCFSQuotaPeriod") * 1000,
    podPidsLimit: config.reader.number(["podPidsLimit"])?.value ?? -1,
    limitsAllPods: limitsAllPods(config),
    ...memoryQosOf(config),
  };
}

function memoryQosOf({
  reader,
}: KubeletConfig): Pick<CgroupSettings, "reservesMemory" | "throttlingFactor"> {
  if (reader.boolean(["featureGates", "MemoryQoS"])?.value !== true)
    return { reservesMemory: false };
  const policy = reader.textOrDefault(["memoryReservationPolicy"])?.value;
  return {
    reservesMemory: policy === "TieredReservation",
    throttlingFactor: reader.number(["memoryThrottlingFactor"])?.value ?? 0.9,
  };
}

/** `pods` is the default; an empty list, or `none`, asks for nothing. */
function limitsAllPods({ document, reader }: KubeletConfig): boolean {
  const field = "enforceNodeAllocatable";
  const given = document.value;
  const isSet = typeof given === "object" && given !== null && Object.hasOwn(given, field);
  return !isSet || reader.texts([field]).some(({ value }) => value === "pods");
}

function serverOf(config: KubeletConfig): ServerSettings {
  const certFile = config.tlsCertFile?.value;
  const keyFile = config.tlsPrivateKeyFile?.value;
  const clientCaFile = config.clientCAFile?.value;
  return {
    enabled: config.reader.boolean(["enableServer"])?.value ?? true,
    address: config.address.value,
    port: config.port.value,
    healthzAddress: config.healthzBindAddress.value,
    healthzPort: config.healthzPort.value,
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    tlsBootstrap: config.reader.boolean(["serverTLSBootstrap"])?.value ?? false,
    ...(clientCaFile === undefined ? {} : { clientCaFile }),
    anonymous: config.anonymousEnabled.value,
    webhook: config.webhookEnabled.value,
    tokenCacheMs: durationOf(config, "authentication", "webhook", "cacheTTL"),
    authorization: config.authorizationMode.value === "AlwaysAllow" ? "AlwaysAllow" : "Webhook",
    allowCacheMs: durationOf(config, "authorization", "webhook", "cacheAuthorizedTTL"),
    denyCacheMs: durationOf(config, "authorization", "webhook", "cacheUnauthorizedTTL"),
    hasDebugging: config.reader.boolean(["enableDebuggingHandlers"])?.value ?? true,
    hasNodeLogs: config.reader.boolean(["enableSystemLogHandler"])?.value ?? true,
  };
}

function taintsOf(config: KubeletConfig): Taint[] {
  const length = config.reader.length(["registerWithTaints"]);
  return Array.from({ length }, (_, at) => {
    const read = (key: string) => config.reader.text(["registerWithTaints", at, key])?.value;
    const value = read("value");
    return {
      key: read("key") ?? "",
      effect: read("effect") ?? "",
      ...(value === undefined ? {} : { value }),
    };
  });
}
