import { expect, test } from "bun:test";
import { kubeletConfiguration, parseKubeletConfig } from "../../config/mod.ts";
import { FIELD_SUPPORT } from "./field-support.ts";
import { findUnsupported } from "./supported.ts";

/** Of the published v1beta1: every field but apiVersion and kind. */
const SCHEMAS = kubeletConfiguration.type === "object" ? kubeletConfiguration.fields : {};
const FIELDS = Object.keys(SCHEMAS).filter((name) => name !== "apiVersion" && name !== "kind");

/** For each field that is refused, a value that is not its default. */
const REFUSED: Readonly<Record<string, unknown>> = {
  cgroupsPerQOS: false,
  enableControllerAttachDetach: false,
  enableDebugFlagsHandler: false,
  enableSystemLogQuery: true,
  eventBurst: 7,
  eventRecordQPS: 7,
  featureGates: { InPlacePodVerticalScaling: true },
  imagePullCredentialsVerificationPolicy: "AlwaysVerify",
  kernelMemcgNotification: true,
  kubeAPIBurst: 7,
  kubeAPIQPS: 7,
  kubeReservedCgroup: "/kube",
  kubeletCgroups: "/kube",
  maxParallelImagePulls: 3,
  podCIDR: "10.0.0.0/24",
  preloadedImagesVerificationAllowlist: ["registry.example/x"],
  protectKernelDefaults: true,
  qosReserved: { memory: "50%" },
  readOnlyPort: 10255,
  registryBurst: 7,
  registryPullQPS: 7,
  runOnce: true,
  serializeImagePulls: false,
  showHiddenMetricsForVersion: "1.35",
  shutdownGracePeriod: "30s",
  shutdownGracePeriodByPodPriority: [{ priority: 0, shutdownGracePeriodSeconds: 1 }],
  shutdownGracePeriodCriticalPods: "10s",
  singleProcessOOMKill: true,
  systemCgroups: "/system",
  systemReservedCgroup: "/system",
  tlsCipherSuites: ["TLS_AES_128_GCM_SHA256"],
  tlsMinVersion: "VersionTLS13",
  tracing: { endpoint: "localhost:4317", samplingRatePerMillion: 1 },
  userNamespaces: { idsPerPod: 65536 * 2 },
  volumePluginDir: "/opt/volumes",
};

test("every field of the schema works, has no effect here, or is refused: none is forgotten", () => {
  expect(Object.keys(FIELD_SUPPORT).sort()).toEqual([...FIELDS].sort());
  expect(FIELDS.length).toBe(124);
  const refused = FIELDS.filter((name) => FIELD_SUPPORT[name]?.kind === "refused");
  expect(Object.keys(REFUSED).sort()).toEqual(refused.sort());
});

test.each(FIELDS.map((name) => [name, FIELD_SUPPORT[name]?.kind ?? "?"]))(
  "%s: %s",
  (name, kind) => {
    const given = { [name]: REFUSED[name] ?? SCHEMAS[name]?.default ?? null };
    const head = { apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration" };
    const { value, problems } = parseKubeletConfig(JSON.stringify({ ...head, ...given }), "k.yaml");
    if (value === undefined) throw new Error(JSON.stringify(problems));
    const found = findUnsupported(value, { asWarnings: false });
    if (kind !== "refused") return expect(found).toEqual([]);
    const support = FIELD_SUPPORT[name];
    const why = support?.kind === "refused" ? support.why : "";
    expect(found.map(({ message }) => message)).toEqual([`Cannot obey "${name}": ${why}`]);
  },
);
