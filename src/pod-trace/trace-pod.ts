import type { Language } from "../base/mod.ts";
import type { Event, Pod } from "../kube/types/mod.ts";
import { findStuck } from "./find-stuck.ts";
import type { PodTraceSources } from "./sources.ts";
import { say } from "./texts/texts.ts";

/** One thing that happened to a pod. */
export interface TraceStep {
  /** `created`, `scheduled`, `sandbox`, `initialized`, `pulling`, `pulled`, `started`, `ready`, an event's reason. */
  readonly step: string;
  /** A container's name, where it is one's. */
  readonly container?: string;
  /** RFC 3339, to the second: the API keeps no more. */
  readonly at: string;
  /** Seconds since the pod was created. */
  readonly afterSeconds: number;
  readonly detail: string;
  /** False for what went wrong. */
  readonly ok: boolean;
  /** How often, up to `at`. */
  readonly count: number;
}

/** Where a pod waits, what is said there, and the probable cause with what to do. */
export interface Stuck {
  readonly step: string;
  readonly container?: string;
  readonly found: string;
  readonly cause: string;
  readonly fix: string;
}

/** A pod's way as far as it has come. */
export interface PodTrace {
  readonly pod: string;
  readonly node: string | null;
  readonly phase: string;
  readonly isReady: boolean;
  /** Seconds from creation to Ready; null while it is not. */
  readonly readyAfterSeconds: number | null;
  readonly steps: readonly TraceStep[];
  /** Where it is stuck, and probably why; null where it is not. */
  readonly stuck: Stuck | null;
}

const CONDITION_STEPS: Readonly<Record<string, string>> = {
  PodScheduled: "scheduled",
  PodReadyToStartContainers: "sandbox",
  Initialized: "initialized",
  Ready: "ready",
};

/** The order in which steps of one second have been: the API keeps no finer times. */
const ORDER = [
  "scheduled",
  "failedscheduling",
  "failedmount",
  "sandbox",
  "initialized",
  "pulling",
  "pulled",
  "created",
  "started",
  "ended",
];

function rankOf({ step, container }: Pick<TraceStep, "step" | "container">): number {
  if (step === "created" && container === undefined) return -1;
  if (step === "ready") return ORDER.length + 1;
  const at = ORDER.indexOf(step);
  return at === -1 ? ORDER.length : at;
}

/** Events that conditions and states say better. */
const SAID_OTHERWISE = new Set(["Scheduled", "Started"]);

/** Joins conditions, container states and events in the order of their times. */
export function tracePod(sources: PodTraceSources, language: Language = "en"): PodTrace {
  const { pod, events } = sources;
  const { metadata, spec, status } = pod;
  const createdAt = String(metadata?.creationTimestamp ?? "");
  const after = (at: string): number =>
    Math.max(0, (Date.parse(at) - Date.parse(createdAt)) / 1000);
  const found = [
    { step: "created", at: createdAt, detail: ownerOf(pod), ok: true, count: 1 },
    ...conditionSteps(pod),
    ...stateSteps(pod),
    ...events.flatMap(eventStep),
  ];
  const steps = found
    .filter(({ at }) => !Number.isNaN(Date.parse(at)))
    .map((step) => ({ ...step, afterSeconds: after(step.at) }))
    .sort((a, b) => a.afterSeconds - b.afterSeconds || rankOf(a) - rankOf(b));
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const isReady = ready?.status === "True";
  return {
    pod: `${metadata?.namespace}/${metadata?.name}`,
    node: spec?.nodeName ?? null,
    phase: status?.phase ?? "Unknown",
    isReady,
    readyAfterSeconds: isReady ? after(String(ready?.lastTransitionTime ?? createdAt)) : null,
    steps,
    stuck: stuckOf(sources, language),
  };
}

function stuckOf(sources: PodTraceSources, language: Language): Stuck | null {
  const found = findStuck(sources);
  if (found === undefined) return null;
  const { why, values, ...stuck } = found;
  const [cause, fix] = ["cause", "fix"].map((part) => say(language, `${why}.${part}`, values));
  return { ...stuck, cause: cause ?? "", fix: fix ?? "" };
}

type Found = Omit<TraceStep, "afterSeconds">;

function ownerOf({ metadata }: Pod): string {
  const [owner] = metadata?.ownerReferences ?? [];
  return owner === undefined ? "by nobody: a pod of its own" : `by ${owner.kind} ${owner.name}`;
}

function conditionSteps({ spec, status }: Pod): Found[] {
  return (status?.conditions ?? []).flatMap(({ type, status: value, lastTransitionTime }) => {
    const step = CONDITION_STEPS[type];
    if (step === undefined || value !== "True") return [];
    const detail = step === "scheduled" ? `to ${spec?.nodeName ?? "a node"}` : "";
    return [{ step, at: String(lastTransitionTime ?? ""), detail, ok: true, count: 1 }];
  });
}

function stateSteps({ status }: Pod): Found[] {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.flatMap(({ name, state, restartCount }) => {
    const runs = state?.running ?? state?.terminated;
    const started: Found[] =
      runs?.startedAt === undefined
        ? []
        : [
            {
              step: "started",
              container: name,
              at: String(runs.startedAt),
              detail: restartCount > 0 ? `restart ${restartCount}` : "",
              ok: true,
              count: 1,
            },
          ];
    const ended = state?.terminated;
    if (ended?.finishedAt === undefined) return started;
    const detail = `exit code ${ended.exitCode}${ended.reason ? `, ${ended.reason}` : ""}`;
    const at = String(ended.finishedAt);
    return [
      ...started,
      { step: "ended", container: name, at, detail, ok: ended.exitCode === 0, count: 1 },
    ];
  });
}

function eventStep(event: Event): Found[] {
  const { reason = "", message = "", type, count, lastTimestamp, eventTime, series } = event;
  if (SAID_OTHERWISE.has(reason)) return [];
  const at = String(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? "");
  const container = /\{([^}]+)\}$/.exec(event.involvedObject.fieldPath ?? "")?.[1];
  return [
    {
      step: reason.toLowerCase(),
      ...(container === undefined ? {} : { container }),
      at,
      detail: message.trim(),
      ok: type !== "Warning",
      count: series?.count ?? count ?? 1,
    },
  ];
}
