import { type ContainerStatus, isSidecar, type PodCondition } from "../api/mod.ts";
import { apiTime, type StatusInput } from "./status-input.ts";

/** What conditions are made from, besides the input. */
export interface Summary {
  readonly phase: string;
  readonly statuses: readonly ContainerStatus[];
}

/** Written where the agent ends a pod that could have gone on. */
const DISRUPTION = "DisruptionTarget";
const DISRUPTED = "TerminationByKubelet";

/** True for a condition that the agent writes. */
export function isOwnCondition({ type, reason }: PodCondition): boolean {
  if (type === DISRUPTION) return reason === DISRUPTED;
  return OWN_CONDITIONS.some((own) => own === type);
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

/** Conditions that the agent writes; every other one belongs to somebody else and stays. */
export const OWN_CONDITIONS = [
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
] as const;

const TRUE: Verdict = { status: "True" };

/** The pod's conditions; a time of transition changes only with the status. */
export function podConditions(input: StatusInput, summary: Summary): PodCondition[] {
  const existing = input.pod.status?.conditions ?? input.previous?.conditions ?? [];
  const disruption = input.failure?.disruption;
  const own: readonly string[] = [
    ...OWN_CONDITIONS,
    ...(disruption === undefined ? [] : [DISRUPTION]),
  ];
  const foreign = existing.filter(({ type }) => !own.includes(type));
  const containersReady = judgeContainers(input, summary);
  const verdicts: Record<(typeof OWN_CONDITIONS)[number], Verdict> = {
    PodReadyToStartContainers: hasNetwork(input) ? TRUE : { status: "False" },
    Initialized: judgeInitialized(input, summary),
    Ready: judgeReady(input, containersReady, foreign),
    ContainersReady: containersReady,
    PodScheduled: TRUE,
  };
  const conditions = OWN_CONDITIONS.map((type) => condition(input, type, verdicts[type]));
  if (disruption === undefined) return [...foreign, ...conditions];
  const verdict = { status: "True", reason: DISRUPTED, message: disruption };
  return [...foreign, ...conditions, condition(input, DISRUPTION, verdict)];
}

function condition(input: StatusInput, type: string, verdict: Verdict): PodCondition {
  const before = input.previous?.conditions?.find((one) => one.type === type);
  const { generation } = input.pod.metadata;
  const lastTransitionTime =
    before?.status === verdict.status && before.lastTransitionTime !== undefined
      ? before.lastTransitionTime
      : apiTime(input.now);
  return {
    type,
    ...verdict,
    lastTransitionTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

function hasNetwork({ pod, state }: StatusInput): boolean {
  const [sandbox] = state.sandboxes;
  if (sandbox?.ready !== true) return false;
  return pod.spec.hostNetwork === true || sandbox.ips.length > 0;
}

function judgeContainers({ pod }: StatusInput, { phase, statuses }: Summary): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const wanted = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  const unready = wanted.filter(
    ({ name }) => statuses.find((status) => status.name === name)?.ready !== true,
  );
  if (unready.length === 0) return TRUE;
  return {
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.map(({ name }) => name).join(" ")}]`,
  };
}

function judgeReady(
  { pod }: StatusInput,
  containersReady: Verdict,
  foreign: readonly PodCondition[],
): Verdict {
  if (containersReady.status !== "True") return containersReady;
  const missing = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = foreign.find(({ type }) => type === conditionType);
    if (gate === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    }
    return gate.status === "True"
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (missing.length === 0) return TRUE;
  return { status: "False", reason: "ReadinessGatesNotReady", message: missing.join(", ") };
}

function judgeInitialized({ pod }: StatusInput, { phase, statuses }: Summary): Verdict {
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  const find = (name: string) => statuses.find((status) => status.name === name);
  const hasRun = pod.spec.containers.some(({ name }) => {
    const status = find(name);
    return (
      status?.state?.running !== undefined ||
      status?.state?.terminated !== undefined ||
      status?.lastState?.terminated !== undefined
    );
  });
  if (hasRun) return TRUE;
  const incomplete = (pod.spec.initContainers ?? []).filter((container) => {
    const status = find(container.name);
    return isSidecar(container) ? status?.started !== true : status?.ready !== true;
  });
  if (incomplete.length === 0) return TRUE;
  return {
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(" ")}]`,
  };
}
