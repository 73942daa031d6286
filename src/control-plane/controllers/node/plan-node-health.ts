import type { NodeCondition, Taint } from "kubernetes-types/core/v1";
import { apiTime, type EventReport } from "../../../kube/client/mod.ts";
import { API, type Node, type Pod } from "../../../kube/types/mod.ts";
import { podCondition } from "../../model/mod.ts";
import type { Plan, Write } from "../lib/mod.ts";

/** A node that has said nothing for this long is not known to be well; upstream's defaults. */
export const GRACE_MS = 50_000;
export const STARTUP_GRACE_MS = 60_000;

const HEARTBEATS = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;
const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";

export interface NodeHealthInput {
  readonly node: Node;
  /** The pods on it. */
  readonly pods: readonly Pod[];
  /** How long it has neither renewed its lease nor reported a status. */
  readonly silentMs: number;
  readonly now: number;
}

/** Marks a silent node, gives each node the taints of its conditions, and pods of a lost one as not ready. */
export function planNodeHealth({ node, pods, silentMs, now }: NodeHealthInput): Plan {
  const graceMs = readyOf(node) === undefined ? STARTUP_GRACE_MS : GRACE_MS;
  const isLost = silentMs > graceMs;
  const conditions = isLost ? unknownConditions(node, now) : (node.status?.conditions ?? []);
  const isMarked = !Bun.deepEquals(conditions, node.status?.conditions ?? []);
  const writes: Write[] = [];
  if (isMarked) {
    const object: Node = { ...node, status: { ...node.status, conditions: [...conditions] } };
    writes.push({
      ...{ verb: "update", type: API.nodes, object, subresource: "status" },
      report: { done: notReadyEvent(node) },
    });
    // The taints follow with the new version of the node.
    return { writes, wakeMs: 0 };
  }
  const taints = nextTaints(node, now);
  if (!Bun.deepEquals(taints, node.spec?.taints ?? [])) {
    const object: Node = { ...node, spec: { ...node.spec, taints } };
    writes.push({ verb: "update", type: API.nodes, object });
  }
  if (readyOf(node)?.status === "Unknown") {
    writes.push(...pods.filter(isReadyCondition).map((pod) => notReady(pod, now)));
  }
  return { writes, wakeMs: isLost ? undefined : graceMs - silentMs + 1 };
}

function readyOf({ status }: Node): NodeCondition | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

function unknownConditions(node: Node, now: number): readonly NodeCondition[] {
  const { conditions = [] } = node.status ?? {};
  const lastTransitionTime = apiTime(now);
  const marked = conditions.map((condition): NodeCondition => {
    if (!HEARTBEATS.some((type) => type === condition.type)) return condition;
    if (condition.status === "Unknown") return condition;
    const message = "Kubelet stopped posting node status.";
    const unknown = { status: "Unknown", reason: "NodeStatusUnknown", message };
    return { ...condition, ...unknown, lastTransitionTime };
  });
  const missing = HEARTBEATS.filter((type) => !conditions.some((one) => one.type === type));
  return [
    ...marked,
    ...missing.map((type) => ({
      ...{ type, status: "Unknown", reason: "NodeStatusNeverUpdated", lastTransitionTime },
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp ?? lastTransitionTime,
    })),
  ];
}

/** Which condition asks for which taint. */
const CONDITION_TAINTS: readonly (readonly [type: string, status: string, key: string])[] = [
  ["Ready", "False", NOT_READY],
  ["Ready", "Unknown", UNREACHABLE],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"],
];
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** The node's taints: those of others as they are, those of its conditions as these are now. */
function nextTaints({ spec, status }: Node, now: number): Taint[] {
  const wanted = CONDITION_TAINTS.filter(([type, value]) =>
    status?.conditions?.some((one) => one.type === type && one.status === value),
  ).map(([, , key]) => key);
  const timeAdded = apiTime(now);
  const all: Taint[] = wanted.map((key) => ({ key, effect: "NoSchedule", timeAdded }));
  if (spec?.unschedulable === true) {
    all.push({ key: UNSCHEDULABLE, effect: "NoSchedule", timeAdded });
  }
  for (const key of wanted) {
    if (key === NOT_READY || key === UNREACHABLE) all.push({ key, effect: "NoExecute", timeAdded });
  }
  const isSame = (one: Taint, other: Taint): boolean =>
    one.key === other.key && one.effect === other.effect;
  const kept = (spec?.taints ?? []).filter(
    (taint) => !isManaged(taint) || all.some((one) => isSame(one, taint)),
  );
  return [...kept, ...all.filter((taint) => !kept.some((one) => isSame(one, taint)))];
}

function isManaged({ key, effect }: Taint): boolean {
  if (effect === "NoExecute") return key === NOT_READY || key === UNREACHABLE;
  if (effect !== "NoSchedule") return false;
  return key === UNSCHEDULABLE || CONDITION_TAINTS.some(([, , one]) => one === key);
}

function isReadyCondition(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

function notReady(pod: Pod, now: number): Write {
  const condition = { type: "Ready", status: "False", lastTransitionTime: apiTime(now) };
  const value = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
  return {
    ...{ verb: "patch", type: API.pods, object: pod, subresource: "status" },
    patch: { type: "strategic", value },
  };
}

function notReadyEvent(node: Node): EventReport {
  return {
    ...{ kind: API.nodes, about: node, type: "Normal", reason: "NodeNotReady" },
    message: `Node ${node.metadata.name} status is now: NodeNotReady`,
  };
}
