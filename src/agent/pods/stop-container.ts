import { messageOf } from "../../base/mod.ts";
import { isNotFound } from "../../cri/mod.ts";
import { findContainer, type LifecycleHandler, type Pod } from "../api/mod.ts";
import { NOTE } from "../runtime/labels.ts";
import { newest, type PodRuntimeState } from "../runtime/runtime-state.ts";
import { runHook } from "./hooks.ts";
import type { StopContainer } from "./plan-types.ts";
import type { PodDeps } from "./pod-context.ts";

/** One stop; `hurry` is aborted once the pod has less time than it had when the stop began. */
export interface StopRequest {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  readonly stop: StopContainer;
  readonly hurry: AbortSignal;
}

/** What is left for the runtime after a hook that took its whole time. */
const MIN_GRACE_SECONDS = 2;
/** The runtime gets this much longer than the grace period before the call is given up. */
const CALL_MARGIN_MS = 120_000;

/** Runs preStop and stops the container, both within its grace period. */
export async function stopContainer(deps: PodDeps, request: StopRequest): Promise<void> {
  const { pod, stop, hurry } = request;
  deps.events.record(pod, {
    ...{ type: "Normal" as const, reason: "Killing", message: stop.message },
    container: stop.name,
  });
  const startedAt = deps.clock.now();
  await preStop(deps, request);
  if (hurry.aborted) return;
  const spent = (deps.clock.now() - startedAt) / 1000;
  const hadHook = spent > 0.5;
  const left = stop.graceSeconds - Math.floor(spent);
  const timeout = hadHook ? Math.max(left, MIN_GRACE_SECONDS) : Math.max(left, 0);
  try {
    await deps.cri.runtime.stopContainer(
      { containerId: stop.id, timeout: BigInt(timeout) },
      { deadlineMs: timeout * 1000 + CALL_MARGIN_MS, signal: hurry },
    );
  } catch (thrown) {
    // Called again with less time by the next plan.
    if (hurry.aborted || isNotFound(thrown)) return;
    throw thrown;
  }
}

async function preStop(deps: PodDeps, request: StopRequest): Promise<void> {
  const { pod, state, stop, hurry } = request;
  const container = findContainer(pod.spec, stop.name) ?? { name: stop.name };
  const handler = container.lifecycle?.preStop ?? notedHandler(state, stop.id);
  if (handler === undefined || stop.isUnknown === true || stop.graceSeconds <= 0) return;
  const timeUp = new AbortController();
  const timer = setTimeout(
    () => timeUp.abort(new Error("grace period exceeded")),
    stop.graceSeconds * 1000,
  );
  const sandboxId = newest(state, stop.name)?.sandboxId;
  const sandbox = state.sandboxes.find(({ id }) => id === sandboxId);
  const podIP = (pod.spec.hostNetwork === true ? deps.hostIPs() : sandbox?.ips)?.[0] ?? "";
  try {
    await runHook(deps, handler, {
      ...{ container, containerId: stop.id, podIP },
      signal: AbortSignal.any([timeUp.signal, hurry]),
    });
  } catch (thrown) {
    if (hurry.aborted || timeUp.signal.aborted) return;
    deps.log.warn("PreStopHook failed", { container: stop.name, error: messageOf(thrown) });
    deps.events.record(pod, {
      ...{ type: "Warning" as const, reason: "FailedPreStopHook", message: "PreStopHook failed" },
      container: stop.name,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The handler that the container was made with, for a pod that no source knows any more. */
function notedHandler(state: PodRuntimeState, id: string): LifecycleHandler | undefined {
  const note = state.containers.find((one) => one.id === id)?.annotations[NOTE.preStop];
  // cast: the agent wrote this note itself, from the API's own type
  return note === undefined ? undefined : (JSON.parse(note) as LifecycleHandler);
}
