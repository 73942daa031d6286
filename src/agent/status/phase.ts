import {
  type Container,
  type ContainerStatus,
  isSidecar,
  isStatic,
  isTerminalPhase,
  type Pod,
} from "../api/mod.ts";
import { restartsAfterExit } from "../api/restart-policy.ts";
import type { StatusInput } from "./status-input.ts";

type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** The pod's phase; a terminal one is never left. */
export function podPhase(input: StatusInput, statuses: readonly ContainerStatus[]): string {
  if (input.failure !== undefined) return "Failed";
  const { pod, previous } = input;
  const phase = phaseOf(input, statuses);
  if (isTerminalPhase(phase)) return phase;
  if (isTerminalPhase(pod.status?.phase)) return pod.status?.phase ?? phase;
  if (isTerminalPhase(previous?.phase)) return previous?.phase ?? phase;
  // A pod that is over without ever having run has failed.
  return input.isOver && !isStatic(pod) ? "Failed" : phase;
}

interface Count {
  running: number;
  waiting: number;
  unknown: number;
  stopped: number;
  succeeded: number;
  restartable: number;
}

function phaseOf(input: StatusInput, statuses: readonly ContainerStatus[]): Phase {
  const { pod } = input;
  const find = ({ name }: Container) => statuses.find((status) => status.name === name);
  const inits = pod.spec.initContainers ?? [];
  const regular = inits.filter((one) => !isSidecar(one));
  if (regular.some((one) => initFailedForGood(pod, one, find(one)))) return "Failed";
  const count: Count = {
    running: 0,
    waiting: 0,
    unknown: 0,
    stopped: 0,
    succeeded: 0,
    restartable: 0,
  };
  let pendingSidecars = 0;
  for (const container of inits.filter(isSidecar)) {
    pendingSidecars += countSidecar(count, find(container));
  }
  for (const container of pod.spec.containers) countMain(count, pod, container, find(container));
  const hasRun = pod.spec.containers.some((one) => {
    const state = input.state.containers.find(({ name }) => name === one.name)?.state;
    return state === "running" || state === "exited";
  });
  const isPending =
    regular.some((one) => isInitPending(find(one))) || (pendingSidecars > 0 && !hasRun);
  if (isPending || count.waiting > 0) return "Pending";
  return settledPhase(input, count);
}

function settledPhase(input: StatusInput, count: Count): Phase {
  if (count.unknown > 0) return "Pending";
  if (count.running > 0) return "Running";
  if (count.stopped === 0) return "Pending";
  const outcome = count.stopped === count.succeeded ? "Succeeded" : "Failed";
  if (input.isOver && !isStatic(input.pod)) return outcome;
  return count.restartable > 0 ? "Running" : outcome;
}

/** 1 for a sidecar that has not started yet. */
function countSidecar(count: Count, status: ContainerStatus | undefined): number {
  const { running, terminated, waiting } = status?.state ?? {};
  if (running !== undefined) {
    count.running++;
    return status?.started === true ? 0 : 1;
  }
  if (terminated !== undefined) return 0;
  if (waiting === undefined) {
    count.unknown++;
    return 1;
  }
  if (status?.lastState?.terminated !== undefined) return 0;
  count.waiting++;
  return 1;
}

function countMain(
  count: Count,
  pod: Pod,
  container: Container,
  status: ContainerStatus | undefined,
): void {
  const { running, terminated, waiting } = status?.state ?? {};
  if (running !== undefined) {
    count.running++;
    return;
  }
  const exit = terminated ?? (waiting === undefined ? undefined : status?.lastState?.terminated);
  if (exit !== undefined) {
    count.stopped++;
    if (restartsAfterExit(container, pod.spec, exit.exitCode)) count.restartable++;
    // Only an exit now counts as success: one that is repeated is still to come.
    if (terminated?.exitCode === 0) count.succeeded++;
  } else if (waiting !== undefined) count.waiting++;
  else count.unknown++;
}

function initFailedForGood(
  pod: Pod,
  container: Container,
  status: ContainerStatus | undefined,
): boolean {
  const exit = status?.state?.terminated ?? status?.lastState?.terminated;
  if (status?.state?.running !== undefined || exit === undefined || exit.exitCode === 0) {
    return false;
  }
  return !restartsAfterExit(container, pod.spec, exit.exitCode);
}

function isInitPending(status: ContainerStatus | undefined): boolean {
  return status?.state?.terminated?.exitCode !== 0;
}
