import {
  type ApiObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
} from "../../objects/mod.ts";
import { NONE, orNone } from "./cell-texts.ts";
import { columns } from "./columns.ts";
import { age } from "./duration.ts";
import type { TableKind } from "./table.ts";

/** Pods: one word for how a pod is, out of what its containers are in. */
export const POD_TABLE: TableKind = {
  columns: columns(
    "Name | Ready | Status | Restarts | Age | IP* | Node* | Nominated Node* | Readiness Gates*",
  ),
  cells: (pod, now) => {
    const containers = objectsAt(pod, "spec", "containers");
    const initContainers = objectsAt(pod, "spec", "initContainers");
    const sidecars = initContainers.filter(isSidecar);
    const statuses = objectsAt(pod, "status", "containerStatuses");
    const sidecarStatuses = objectsAt(pod, "status", "initContainerStatuses").filter((status) =>
      sidecars.some(({ name }) => name === status["name"]),
    );
    const ready = [...statuses, ...sidecarStatuses].filter(isReady).length;
    const gates = objectsAt(pod, "spec", "readinessGates");
    return [
      pod.metadata.name ?? "",
      `${ready}/${containers.length + sidecars.length}`,
      podReason(pod),
      restarts(pod, now),
      age(pod.metadata.creationTimestamp, now),
      orNone(textAt(pod, "status", "podIP")),
      orNone(textAt(pod, "spec", "nodeName")),
      orNone(textAt(pod, "status", "nominatedNodeName")),
      gates.length === 0 ? NONE : gatesText(pod, gates),
    ];
  },
};

function isSidecar(container: JsonObject): boolean {
  return container["restartPolicy"] === "Always";
}

function isReady(status: JsonObject): boolean {
  return status["ready"] === true && objectAt(status, "state")["running"] !== undefined;
}

function gatesText(pod: ApiObject, gates: readonly JsonObject[]): string {
  const conditions = objectsAt(pod, "status", "conditions");
  const met = gates.filter((gate) =>
    conditions.some(({ type, status }) => type === gate["conditionType"] && status === "True"),
  );
  return `${met.length}/${gates.length}`;
}

/** The STATUS of a pod. */
export function podReason(pod: ApiObject): string {
  const phase = textAt(pod, "status", "phase") || "Unknown";
  const own = textAt(pod, "status", "reason");
  const gated = objectsAt(pod, "status", "conditions").some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  const initial = initReason(pod);
  const containers = initial ?? containersReason(pod, own || (gated ? "SchedulingGated" : phase));
  if (pod.metadata.deletionTimestamp === undefined) return containers;
  if (own === "NodeLost") return "Unknown";
  return ["Succeeded", "Failed"].includes(phase) ? containers : "Terminating";
}

/** What the init containers are doing, while they are not done. */
function initReason(pod: ApiObject): string | undefined {
  const initContainers = objectsAt(pod, "spec", "initContainers");
  const statuses = objectsAt(pod, "status", "initContainerStatuses");
  for (const [index, status] of statuses.entries()) {
    const container = initContainers.find(({ name }) => name === status["name"]);
    const terminated = objectAt(status, "state")["terminated"];
    if (terminated !== undefined && numberAt(terminated, "exitCode") === 0) continue;
    if (container !== undefined && isSidecar(container) && status["started"] === true) continue;
    const ended = terminatedReason(status);
    if (ended !== undefined) return `Init:${ended}`;
    const waiting = textAt(status, "state", "waiting", "reason");
    if (waiting !== "" && waiting !== "PodInitializing") return `Init:${waiting}`;
    return `Init:${index}/${initContainers.length}`;
  }
  return undefined;
}

function containersReason(pod: ApiObject, otherwise: string): string {
  let reason = otherwise;
  let hasRunning = false;
  for (const status of objectsAt(pod, "status", "containerStatuses").reverse()) {
    const waiting = textAt(status, "state", "waiting", "reason");
    const ended = terminatedReason(status);
    if (waiting !== "") reason = waiting;
    else if (ended !== undefined) reason = ended;
    else if (isReady(status)) hasRunning = true;
  }
  if (reason !== "Completed" || !hasRunning) return reason;
  const ready = objectsAt(pod, "status", "conditions").some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  return ready ? "Running" : "NotReady";
}

function terminatedReason(status: JsonObject): string | undefined {
  const terminated = objectAt(status, "state")["terminated"];
  if (terminated === undefined) return undefined;
  const reason = textAt(terminated, "reason");
  if (reason !== "") return reason;
  const signal = numberAt(terminated, "signal") ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, "exitCode") ?? 0}`;
}

/** How often containers have begun again, and how long ago the last one did. */
function restarts(pod: ApiObject, now: number): string {
  const containers = objectsAt(pod, "status", "containerStatuses");
  const initial = objectsAt(pod, "status", "initContainerStatuses");
  const counted =
    initReason(pod) === undefined
      ? [
          ...containers,
          ...initial.filter((status) =>
            objectsAt(pod, "spec", "initContainers").some(
              (container) => isSidecar(container) && container["name"] === status["name"],
            ),
          ),
        ]
      : initial;
  const count = counted.reduce((sum, status) => sum + (numberAt(status, "restartCount") ?? 0), 0);
  const ends = counted
    .map((status) => textAt(status, "lastState", "terminated", "finishedAt"))
    .filter((time) => time !== "")
    .sort();
  const last = ends.at(-1);
  return count > 0 && last !== undefined ? `${count} (${age(last, now)} ago)` : String(count);
}
