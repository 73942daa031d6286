import { type ContainerStatus, ephemeralContainers, type PodStatus } from "../api/mod.ts";
import { podConditions } from "./conditions.ts";
import { containerStatuses } from "./container-status.ts";
import { podPhase } from "./phase.ts";
import { qosClass } from "./qos-class.ts";
import { withReadiness } from "./readiness.ts";
import { apiTime, type Failure, type StatusInput } from "./status-input.ts";

/** The status that a pod has now: what the kubelet would report of it. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, previous } = input;
  const rejection = rejectedStatus(input);
  if (rejection !== undefined) return rejection;
  const inits = pod.spec.initContainers ?? [];
  const initStatuses = withReadiness(
    input,
    containerStatuses(input, inits, previous?.initContainerStatuses),
    true,
  );
  const mainStatuses = withReadiness(
    input,
    [...containerStatuses(input, pod.spec.containers, previous?.containerStatuses)].sort(byName),
    false,
  );
  const ephemeral = containerStatuses(
    input,
    ephemeralContainers(pod.spec),
    previous?.ephemeralContainerStatuses,
  );
  const phase = podPhase(input, [...initStatuses, ...mainStatuses]);
  const conditions = podConditions(input, { phase, statuses: [...initStatuses, ...mainStatuses] });
  return {
    phase,
    conditions,
    ...reason(input, phase),
    ...addresses(input),
    startTime: previous?.startTime ?? apiTime(input.now),
    qosClass: previous?.qosClass ?? qosClass(pod.spec),
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: mainStatuses,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    ...(pod.metadata.generation === undefined
      ? {}
      : { observedGeneration: pod.metadata.generation }),
  };
}

const REJECTED = "Pod was rejected: ";

/** Of a pod that the node has not taken there is nothing to say but why. */
function rejectedStatus({ pod, previous, failure, now }: StatusInput): PodStatus | undefined {
  const wasRejected =
    previous?.phase === "Failed" &&
    previous.containerStatuses === undefined &&
    previous.message?.startsWith(REJECTED) === true;
  const { reason, message } = wasRejected ? previous : (failure ?? {});
  if (!wasRejected && failure?.isRejection !== true) return undefined;
  const { generation } = pod.metadata;
  return {
    ...{ phase: "Failed", reason: reason ?? "", message: message ?? "" },
    startTime: previous?.startTime ?? apiTime(now),
    qosClass: previous?.qosClass ?? qosClass(pod.spec),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** What a pod fails with that the node does not take. */
export function rejectionOf({ reason, message }: Pick<Failure, "reason" | "message">): Failure {
  return { reason, message: REJECTED + message, isRejection: true };
}

function byName(a: ContainerStatus, b: ContainerStatus): number {
  return a.name < b.name ? -1 : 1;
}

/** The reason and message belong to the phase: they stay as long as it does. */
function reason(input: StatusInput, phase: string): Pick<PodStatus, "reason" | "message"> {
  if (input.failure !== undefined) {
    return { reason: input.failure.reason, message: input.failure.message };
  }
  const { previous } = input;
  if (previous?.phase !== phase) return {};
  return {
    ...(previous.reason === undefined ? {} : { reason: previous.reason }),
    ...(previous.message === undefined ? {} : { message: previous.message }),
  };
}

function addresses({ pod, state, hostIPs, previous }: StatusInput): Partial<PodStatus> {
  const [hostIP] = hostIPs;
  const sandbox = state.sandboxes.find((one) => one.ready) ?? state.sandboxes[0];
  const known = pod.spec.hostNetwork === true ? hostIPs : (sandbox?.ips ?? []);
  const ips = known.length > 0 ? known : (previous?.podIPs ?? []).map(({ ip }) => ip ?? "");
  const [podIP] = ips;
  return {
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(podIP === undefined || podIP === "" ? {} : { podIP, podIPs: ips.map((ip) => ({ ip })) }),
  };
}
