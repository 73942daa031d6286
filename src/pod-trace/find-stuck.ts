import type { Event, Pod } from "../kube/types/mod.ts";
import type { PodTraceSources } from "./sources.ts";

/** The step that a pod waits at. */
export interface Stuck {
  /** `scheduling`, `kubelet`, `sandbox`, `volumes`, `image`, `configuration`, `start`, `readiness`. */
  readonly step: string;
  readonly container?: string;
  /** What the part at fault says. */
  readonly found: string;
  readonly cause: string;
  readonly fix: string;
}

/** Where a pod is stuck, looked for along its way; undefined where it is Ready, has ended, or simply goes on. */
export function findStuck(sources: PodTraceSources): Stuck | undefined {
  const { pod } = sources;
  const { phase, conditions = [] } = pod.status ?? {};
  if (phase === "Succeeded") return undefined;
  if (conditions.some(({ type, status }) => type === "Ready" && status === "True"))
    return undefined;
  return (
    notScheduled(pod) ??
    rejected(pod) ??
    kubeletAway(sources) ??
    containerStuck(sources) ??
    mountFailed(sources) ??
    sandboxFailed(sources) ??
    notReady(sources)
  );
}

function notScheduled({ spec, status }: Pod): Stuck | undefined {
  if (spec?.nodeName) return undefined;
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition === undefined) {
    return {
      step: "scheduling",
      found: "no scheduler has looked at it",
      cause: `nothing schedules for ${spec?.schedulerName ?? "default-scheduler"}`,
      fix: "see whether kube-scheduler runs on the control plane, and schedulerName of the pod",
    };
  }
  const found = condition.message ?? condition.reason ?? "";
  return { step: "scheduling", found, ...whyUnschedulable(found) };
}

const SCHEDULING: readonly (readonly [RegExp, string, string])[] = [
  [
    /insufficient|too many pods/i,
    "no node has as much left as the pod asks for",
    "kubectl describe nodes shows what is taken (Allocated resources); lower the pod's requests, or add a node",
  ],
  [
    /untolerated taint/i,
    "the nodes that would have room are tainted",
    "kubectl get nodes -o custom-columns=N:.metadata.name,T:.spec.taints; a NotReady node has taints too (nodewright status)",
  ],
  [
    /affinity|selector|topology spread/i,
    "no node has the labels that the pod asks for",
    "compare nodeSelector and affinity of the pod with kubectl get nodes --show-labels",
  ],
  [
    /persistentvolumeclaim|volume/i,
    "a volume that it claims is not there, or not on such a node",
    "kubectl get pvc,pv shows what is bound",
  ],
];

function whyUnschedulable(found: string): Pick<Stuck, "cause" | "fix"> {
  const match = SCHEDULING.find(([pattern]) => pattern.test(found));
  if (match !== undefined) return { cause: match[1], fix: match[2] };
  return {
    cause: "the scheduler finds no node for it",
    fix: "kubectl describe pod, kubectl get nodes",
  };
}

function rejected({ status }: Pod): Stuck | undefined {
  if (status?.phase !== "Failed" || status.reason === undefined) return undefined;
  return {
    step: "start",
    found: `${status.reason}: ${status.message ?? ""}`.trim(),
    cause: "the node has ended the pod, or did not take it",
    fix: "delete it, so that its owner makes another one; the reason says what the node lacks",
  };
}

function kubeletAway({ pod, node }: PodTraceSources): Stuck | undefined {
  const name = pod.spec?.nodeName ?? "";
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  if (node !== undefined && ready?.status === "True") return undefined;
  return {
    step: "kubelet",
    found:
      node === undefined
        ? `there is no Node ${name}`
        : (ready?.message ?? "the Node has no Ready condition"),
    cause: `the kubelet of ${name} does not run, or does not reach the API server`,
    fix: `nodewright status ${name}, and journalctl -u kubelet on it (nodewright logs ${name})`,
  };
}

const WAITING: Readonly<Record<string, Pick<Stuck, "step" | "cause" | "fix">>> = {
  image: {
    step: "image",
    cause: "the image cannot be had: its name, the registry's rights, or the way to the registry",
    fix: "check the name and imagePullSecrets; nodewright cri pull on the node says what the registry answers",
  },
  configuration: {
    step: "configuration",
    cause: "a ConfigMap, a Secret or a key that the container names is not there",
    fix: "make it, or mark it optional: the kubelet tries again by itself",
  },
  start: {
    step: "start",
    cause: "the container starts and ends again",
    fix: "kubectl logs --previous shows its last words",
  },
};
const WAITING_REASONS: Readonly<Record<string, keyof typeof WAITING>> = {
  ErrImagePull: "image",
  ImagePullBackOff: "image",
  ErrImageNeverPull: "image",
  InvalidImageName: "image",
  CreateContainerConfigError: "configuration",
  CrashLoopBackOff: "start",
  RunContainerError: "start",
  CreateContainerError: "start",
};

function containerStuck({ pod: { status } }: PodTraceSources): Stuck | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const { name, state, lastState } of all) {
    const waiting = state?.waiting;
    const kind = WAITING[WAITING_REASONS[waiting?.reason ?? ""] ?? ""];
    if (kind === undefined) continue;
    const ended = lastState?.terminated;
    const last =
      ended === undefined ? "" : `; it ended with ${ended.exitCode} (${ended.reason ?? ""})`;
    const found = `${waiting?.reason}: ${waiting?.message ?? ""}${last}`;
    if (ended?.reason === "OOMKilled") {
      const fix = "raise limits.memory of the container, or let it use less";
      return { ...kind, container: name, found, cause: "it needs more memory than its limit", fix };
    }
    return { ...kind, container: name, found };
  }
  return undefined;
}

function mountFailed({ events, pod }: PodTraceSources): Stuck | undefined {
  const event = latest(events, /^Failed(Mount|AttachVolume|MapVolume)$/);
  if (event === undefined) return undefined;
  const found = event.message ?? "";
  const isMissing = /not found/i.test(found);
  return {
    step: "volumes",
    found,
    cause: isMissing
      ? "what a volume is made of is not there"
      : "a volume cannot be mounted on the node",
    fix: isMissing
      ? "make the ConfigMap, Secret or claim that the message names: the kubelet tries again by itself"
      : `look on the node at the path or the driver that the message names: nodewright ssh ${pod.spec?.nodeName}`,
  };
}

function sandboxFailed({ events, pod }: PodTraceSources): Stuck | undefined {
  const event = latest(events, /^(FailedCreatePodSandBox|NetworkNotReady)$/);
  if (event === undefined) return undefined;
  const found = event.message ?? "";
  const node = pod.spec?.nodeName ?? "";
  if (/cni|network/i.test(found)) {
    return {
      step: "sandbox",
      found,
      cause: "the pod's network cannot be made: the CNI configuration or a plugin of it",
      fix: `nodewright check ${node}; on the node, nodewright cni trace NETWORK NETNS shows each plugin's call`,
    };
  }
  return {
    step: "sandbox",
    found,
    cause: "the runtime cannot make the pod's sandbox",
    fix: `nodewright check ${node}, and journalctl -u containerd there: the sandbox image may be missing`,
  };
}

function notReady({ pod: { status }, events }: PodTraceSources): Stuck | undefined {
  const waiting = status?.containerStatuses?.find(
    ({ ready, state }) => !ready && state?.running !== undefined,
  );
  const event = latest(events, /^Unhealthy$/);
  if (waiting === undefined || event === undefined) return undefined;
  return {
    step: "readiness",
    container: waiting.name,
    found: event.message ?? "",
    cause: "the container runs, and its probe fails",
    fix: "kubectl logs shows what the program waits for; then path, port and timeoutSeconds of the probe",
  };
}

function latest(events: readonly Event[], reason: RegExp): Event | undefined {
  const at = ({ series, lastTimestamp, eventTime }: Event): number =>
    Date.parse(String(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? 0));
  return events
    .filter((event) => reason.test(event.reason ?? ""))
    .toSorted((a, b) => at(a) - at(b))
    .at(-1);
}
