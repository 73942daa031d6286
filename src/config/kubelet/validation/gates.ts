import type { KubeletConfig } from "../kubelet-config.ts";

/** Gates that the kubelet's validation asks for: the minor from which each is on by default. */
const ON_SINCE = {
  CPUManagerPolicyAlphaOptions: undefined,
  CustomCPUCFSQuotaPeriod: undefined,
  GracefulNodeShutdown: 21,
  GracefulNodeShutdownBasedOnPodPriority: 24,
  KubeletCrashLoopBackOffMax: 35,
  KubeletEnsureSecretPulledImages: 35,
  LoggingAlphaOptions: undefined,
  MemoryQoS: undefined,
  NodeLogQuery: undefined,
  NodeSwap: 30,
  QOSReserved: undefined,
  RotateKubeletServerCertificate: 12,
} satisfies { readonly [gate: string]: number | undefined };

/** Whether a feature is on; an unknown version is taken for a current one. */
export function isGateOn(
  config: KubeletConfig,
  gate: keyof typeof ON_SINCE,
  minor: number | undefined,
): boolean {
  const own = config.reader.boolean(["featureGates", gate]);
  if (own !== undefined) return own.value;
  const since = ON_SINCE[gate];
  return since !== undefined && (minor === undefined || minor >= since);
}
