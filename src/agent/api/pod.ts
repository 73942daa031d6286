import type {
  Container as V1Container,
  ContainerState as V1ContainerState,
  ContainerStatus as V1ContainerStatus,
  EphemeralContainer as V1EphemeralContainer,
  PodCondition as V1PodCondition,
  PodSecurityContext as V1PodSecurityContext,
  PodSpec as V1PodSpec,
  PodStatus as V1PodStatus,
  ResourceRequirements as V1ResourceRequirements,
  Volume as V1Volume,
} from "kubernetes-types/core/v1";
import type { KubeObject, ObjectMeta } from "../../kube/client/mod.ts";

export type {
  ContainerStateTerminated,
  EnvFromSource,
  EnvVar,
  Lifecycle,
  LifecycleHandler,
  ObjectFieldSelector,
  Probe,
  ResourceFieldSelector,
  ResourceRequirements,
  SecurityContext,
  VolumeMount,
} from "kubernetes-types/core/v1";

/** When a container whose exit code matches is restarted (1.36). */
export interface ContainerRestartRule {
  readonly action: string;
  readonly exitCodes?: { readonly operator: string; readonly values?: readonly number[] };
}

/** A container; with the fields that are newer than the package of types. */
export type Container = V1Container & {
  readonly lifecycle?: { readonly stopSignal?: string };
  readonly restartPolicyRules?: readonly ContainerRestartRule[];
};
export type EphemeralContainer = V1EphemeralContainer;
export type ContainerState = V1ContainerState;
/** How what a container has for itself alone is (1.31). */
export interface ResourceStatus {
  readonly name: string;
  readonly resources: readonly { readonly resourceID: string; readonly health: string }[];
}
export type ContainerStatus = V1ContainerStatus & {
  readonly allocatedResourcesStatus?: readonly ResourceStatus[];
};
export type PodCondition = V1PodCondition & { readonly observedGeneration?: number };
export type Volume = V1Volume & {
  readonly image?: { readonly reference?: string; readonly pullPolicy?: string };
};

export type PodSpec = Omit<
  V1PodSpec,
  "containers" | "initContainers" | "volumes" | "securityContext" | "resourceClaims"
> & {
  readonly securityContext?: PodSecurityContext;
  readonly hostnameOverride?: string;
  /** Of the pod as a whole (1.34): it counts before what its containers add up to. */
  readonly resources?: V1ResourceRequirements;
  readonly resourceClaims?: readonly PodResourceClaim[];
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
};

/** A claim of a pod: one that is there, or one that is made for it. */
export interface PodResourceClaim {
  readonly name: string;
  readonly resourceClaimName?: string;
  readonly resourceClaimTemplateName?: string;
}

export type PodSecurityContext = V1PodSecurityContext & {
  readonly supplementalGroupsPolicy?: string;
};

export type PodStatus = Omit<V1PodStatus, "conditions"> & {
  /** The claim that extended resources of the pod have become (1.34). */
  readonly extendedResourceClaimStatus?: {
    readonly resourceClaimName: string;
    readonly requestMappings?: readonly {
      readonly containerName: string;
      readonly resourceName: string;
      readonly requestName: string;
    }[];
  };
  readonly conditions?: readonly PodCondition[];
  readonly observedGeneration?: number;
};

/** A Pod as the agent holds it: the identity is there, whatever the source was. */
export interface Pod extends KubeObject {
  readonly metadata: ObjectMeta & {
    readonly namespace: string;
    readonly uid: string;
    readonly generation?: number;
  };
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

/** `namespace/name`, for messages and logs. */
export function podName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** An init container that keeps running beside the main containers. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** All containers of the spec, in the order in which they start; ephemeral ones last. */
export function allContainers(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...ephemeralContainers(spec)];
}

/** Ephemeral containers as containers: they have the same fields but for `targetContainerName`. */
export function ephemeralContainers(spec: PodSpec): readonly Container[] {
  return spec.ephemeralContainers ?? [];
}

export function findContainer(spec: PodSpec, name: string): Container | undefined {
  return allContainers(spec).find((container) => container.name === name);
}

/** Failed or Succeeded: a phase that a pod does not leave. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === "Failed" || phase === "Succeeded";
}

/** True for a pod that a file or URL gave, not the API. */
export function isStatic(pod: Pod): boolean {
  const source = pod.metadata.annotations?.["kubernetes.io/config.source"];
  return source !== undefined && source !== "api";
}

/** From this priority on a pod belongs to the system. */
const SYSTEM_PRIORITY = 2_000_000_000;

/** A pod that the node cannot be without: a static one, or one of a system priority class. */
export function isCritical(pod: Pod): boolean {
  if (isStatic(pod)) return true;
  return pod.spec.priority !== undefined && pod.spec.priority >= SYSTEM_PRIORITY;
}
