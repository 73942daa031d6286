import type { Problem } from "../../base/mod.ts";
import {
  formatPath,
  type KubeletConfig,
  kubeletConfiguration,
  type Path,
  type PlainValue,
  schemaAt,
} from "../../config/mod.ts";

/** The fields that the agent obeys; a map or struct stands for all that is in it. */
const SUPPORTED: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "address",
  "allowedUnsafeSysctls",
  "authentication",
  "authorization",
  "cgroupDriver",
  "cgroupRoot",
  "clusterDNS",
  "clusterDomain",
  "containerLogMaxFiles",
  "containerLogMaxSize",
  "containerLogMonitorInterval",
  "containerRuntimeEndpoint",
  "cpuCFSQuota",
  "cpuCFSQuotaPeriod",
  "crashLoopBackOff",
  "enableServer",
  "evictionHard",
  "evictionMaxPodGracePeriod",
  "evictionMinimumReclaim",
  "evictionPressureTransitionPeriod",
  "evictionSoft",
  "evictionSoftGracePeriod",
  "failCgroupV1",
  "failSwapOn",
  "fileCheckFrequency",
  "healthzBindAddress",
  "healthzPort",
  "imageGCHighThresholdPercent",
  "imageGCLowThresholdPercent",
  "imageMaximumGCAge",
  "imageMinimumGCAge",
  "imageServiceEndpoint",
  "kubeReserved",
  "localStorageCapacityIsolation",
  "maxPods",
  "mergeDefaultEvictionSettings",
  "nodeLeaseDurationSeconds",
  "nodeStatusMaxImages",
  "nodeStatusReportFrequency",
  "nodeStatusUpdateFrequency",
  "podLogsDir",
  "podPidsLimit",
  "port",
  "providerID",
  "registerNode",
  "registerWithTaints",
  "resolvConf",
  "rotateCertificates",
  "runtimeRequestTimeout",
  "seccompDefault",
  "serverTLSBootstrap",
  "staticPodPath",
  "systemReserved",
  "tlsCertFile",
  "tlsPrivateKeyFile",
]);

/** Fields whose effect is only how the kubelet works inside: there is nothing here that they could change. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "configMapAndSecretChangeDetectionStrategy",
  "contentType",
  "enableContentionProfiling",
  "enableProfilingHandler",
  "httpCheckFrequency",
  "iptablesDropBit",
  "iptablesMasqueradeBit",
  "logging",
  // The agent makes no iptables chains, whatever this says.
  "makeIPTablesUtilChains",
  "maxOpenFiles",
  "oomScoreAdj",
  "streamingConnectionIdleTimeout",
  "syncFrequency",
  "volumeStatsAggPeriod",
]);

/**
 * One problem for each field that is set to something other than its default and that the agent
 * does not obey: it is never passed over in silence.
 */
export function findUnsupported(
  config: KubeletConfig,
  options: { readonly asWarnings: boolean },
): Problem[] {
  const set = config.document.value;
  if (typeof set !== "object" || set === null || Array.isArray(set)) return [];
  return Object.entries(set).flatMap(([field, value]) => {
    if (SUPPORTED.has(field) || WITHOUT_EFFECT.has(field) || isDefault([field], value)) return [];
    return [
      {
        code: "unsupported-field",
        severity: options.asWarnings ? ("warning" as const) : ("error" as const),
        message: `Cannot obey "${formatPath([field])}": the agent does not support it yet`,
        locations: [config.document.keyAt([field])],
        fix: `remove "${field}", or start the agent with --ignore-unsupported`,
      },
    ];
  });
}

function isDefault(path: Path, value: PlainValue): boolean {
  if (value === "" || value === null) return true;
  if (Array.isArray(value) && value.length === 0) return true;
  const schema = schemaAt(kubeletConfiguration, path);
  if (schema?.default !== undefined) return Bun.deepEquals(value, schema.default);
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, inner]) => isDefault([...path, key], inner));
}
