import type { Event, Pod } from "../kube/types/mod.ts";
import type { PodTraceSources } from "./sources.ts";
import type { TextValues } from "./texts/texts.ts";

/** The step that a pod waits at, and why, as a key of the texts. */
export interface StuckAt {
  /** `scheduling`, `kubelet`, `sandbox`, `volumes`, `image`, `configuration`, `start`, `readiness`. */
  readonly step: string;
  readonly container?: string;
  /** What the part at fault says. */
  readonly found: string;
  /** `WHY.cause` and `WHY.fix` are the texts. */
  readonly why: string;
  readonly values?: TextValues;
}

/** Where a pod is stuck, looked for along its way; undefined where it is Ready, has ended, or simply goes on. */
export function findStuck(sources: PodTraceSources): StuckAt | undefined {
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

function notScheduled({ spec, status }: Pod): StuckAt | undefined {
  if (spec?.nodeName) return undefined;
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition === undefined) {
    return {
      step: "scheduling",
      found: "no scheduler has looked at it",
      why: "nobody",
      values: { scheduler: spec?.schedulerName ?? "default-scheduler" },
    };
  }
  const found = condition.message ?? condition.reason ?? "";
  const [, why = "scheduler"] = SCHEDULING.find(([pattern]) => pattern.test(found)) ?? [];
  return { step: "scheduling", found, why };
}

const SCHEDULING: readonly (readonly [RegExp, string])[] = [
  [/insufficient|too many pods/i, "resources"],
  [/untolerated taint/i, "taints"],
  [/affinity|selector|topology spread/i, "labels"],
  [/persistentvolumeclaim|volume/i, "claims"],
];

function rejected({ status }: Pod): StuckAt | undefined {
  if (status?.phase !== "Failed" || status.reason === undefined) return undefined;
  return {
    step: "start",
    found: `${status.reason}: ${status.message ?? ""}`.trim(),
    why: "rejected",
  };
}

function kubeletAway({ pod, node }: PodTraceSources): StuckAt | undefined {
  const name = pod.spec?.nodeName ?? "";
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  if (node !== undefined && ready?.status === "True") return undefined;
  return {
    step: "kubelet",
    found:
      node === undefined
        ? `there is no Node ${name}`
        : (ready?.message ?? "the Node has no Ready condition"),
    why: "kubelet",
    values: { node: name },
  };
}

/** Reasons to wait, with the step that they are of: its key is the step's name. */
const WAITING: Readonly<Record<string, "image" | "configuration" | "start">> = {
  ErrImagePull: "image",
  ImagePullBackOff: "image",
  ErrImageNeverPull: "image",
  InvalidImageName: "image",
  CreateContainerConfigError: "configuration",
  CrashLoopBackOff: "start",
  RunContainerError: "start",
  CreateContainerError: "start",
};

function containerStuck({ pod: { status } }: PodTraceSources): StuckAt | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const { name, state, lastState } of all) {
    const waiting = state?.waiting;
    const step = WAITING[waiting?.reason ?? ""];
    if (step === undefined) continue;
    const ended = lastState?.terminated;
    const last =
      ended === undefined ? "" : `; it ended with ${ended.exitCode} (${ended.reason ?? ""})`;
    const found = `${waiting?.reason}: ${waiting?.message ?? ""}${last}`;
    return { step, container: name, found, why: ended?.reason === "OOMKilled" ? "memory" : step };
  }
  return undefined;
}

function mountFailed({ events, pod }: PodTraceSources): StuckAt | undefined {
  const event = latest(events, /^Failed(Mount|AttachVolume|MapVolume)$/);
  if (event === undefined) return undefined;
  const found = event.message ?? "";
  if (/not found/i.test(found)) return { step: "volumes", found, why: "missing" };
  return { step: "volumes", found, why: "mount", values: { node: pod.spec?.nodeName ?? "" } };
}

function sandboxFailed({ events, pod }: PodTraceSources): StuckAt | undefined {
  const event = latest(events, /^(FailedCreatePodSandBox|NetworkNotReady)$/);
  if (event === undefined) return undefined;
  const found = event.message ?? "";
  const node = pod.spec?.nodeName ?? "";
  const why = /cni|network/i.test(found) ? "network" : "sandbox";
  return { step: "sandbox", found, why, values: { node } };
}

function notReady({ pod: { status }, events }: PodTraceSources): StuckAt | undefined {
  const waiting = status?.containerStatuses?.find(
    ({ ready, state }) => !ready && state?.running !== undefined,
  );
  const event = latest(events, /^Unhealthy$/);
  if (waiting === undefined || event === undefined) return undefined;
  return {
    step: "readiness",
    container: waiting.name,
    found: event.message ?? "",
    why: "probe",
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
