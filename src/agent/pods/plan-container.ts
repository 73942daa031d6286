import type { Container } from "../api/mod.ts";
import { restartsAfterExit, restartsAfterKill } from "../api/restart-policy.ts";
import { containerHash } from "../runtime/container-hash.ts";
import { newest, type RuntimeContainer } from "../runtime/runtime-state.ts";
import type { Waiting } from "../status/waiting.ts";
import type { PlanInput, Step, StopContainer } from "./plan-types.ts";
import { resizeKind } from "./resize.ts";

/** What is to happen to one container. */
export type Verdict =
  | { readonly kind: "keep" }
  | { readonly kind: "finished" }
  | { readonly kind: "start"; readonly step: Step; readonly stop?: StopContainer }
  | { readonly kind: "stop"; readonly stop: StopContainer }
  | { readonly kind: "resize"; readonly step: Step }
  | { readonly kind: "wait"; readonly waiting: Waiting; readonly until: number };

const NO_REASON: Waiting = { reason: "", message: "" };

/** Decides over a container that should run (main containers, sidecars). */
export function judgeContainer(input: PlanInput, container: Container): Verdict {
  const current = newest(input.state, container.name);
  if (current === undefined) return startOrWait(input, container, undefined);
  if (current.state === "running") return judgeRunning(input, container, current);
  if (current.state === "unknown") return judgeUnknown(input, container, current);
  const restarts =
    current.state === "created" || restartsAfterExit(container, input.pod.spec, current.exitCode);
  return restarts ? startOrWait(input, container, current) : { kind: "finished" };
}

/** A start, unless an earlier failure or crash holds it back. */
export function startOrWait(
  input: PlanInput,
  container: Container,
  previous: RuntimeContainer | undefined,
): Verdict {
  const hold = input.holds.get(container.name);
  if (hold !== undefined && hold.until > input.now) {
    return { kind: "wait", waiting: hold, until: hold.until };
  }
  const exitedAt = previous?.state === "exited" ? previous.finishedAt : 0;
  const delay = input.crashDelayMs.get(container.name) ?? 0;
  if (exitedAt !== 0 && input.now - exitedAt < delay) {
    return {
      kind: "wait",
      waiting: crashLoop(input, container, delay),
      until: exitedAt + delay,
    };
  }
  return { kind: "start", step: startStep(container, previous) };
}

/** A start of the container after its predecessor. */
export function startStep(container: Container, previous: RuntimeContainer | undefined): Step {
  return {
    kind: "start-container",
    name: container.name,
    restartCount: previous === undefined ? 0 : previous.restartCount + 1,
    after: previous?.state === "exited" ? previous.finishedAt : 0,
  };
}

/** True where a running container has got through its startup probe, if it has one. */
export function hasStarted(input: PlanInput, container: Container, id: string): boolean {
  return container.startupProbe === undefined || input.probes.get(id)?.startup === true;
}

function judgeRunning(input: PlanInput, container: Container, current: RuntimeContainer): Verdict {
  const results = input.probes.get(current.id);
  const { name } = container;
  const stop = (message: string): StopContainer => ({
    id: current.id,
    name,
    message,
    graceSeconds: probeGrace(input, container, results?.startup === false ? "startup" : "liveness"),
  });
  if (current.hash !== "" && current.hash !== containerHash(container)) {
    return {
      kind: "start",
      stop: stop(`Container ${name} definition changed, will be restarted`),
      step: startStep(container, current),
    };
  }
  const failed = results?.startup === false ? "startup" : "liveness";
  if (results?.startup !== false && results?.liveness !== false) {
    return judgeResources(input, container, current);
  }
  const message = `Container ${name} failed ${failed} probe`;
  if (!restartsAfterKill(container, input.pod.spec)) return { kind: "stop", stop: stop(message) };
  return {
    kind: "start",
    stop: stop(`${message}, will be restarted`),
    step: startStep(container, current),
  };
}

/** A container that is well, and may have more or less than its spec says. */
function judgeResources(
  input: PlanInput,
  container: Container,
  current: RuntimeContainer,
): Verdict {
  const { id, name } = current;
  const applied = input.applied.get(id);
  const kind = applied === undefined ? "none" : resizeKind(container, applied);
  if (kind === "none") return { kind: "keep" };
  if (kind === "in-place") return { kind: "resize", step: { kind: "resize-container", id, name } };
  const message = `Container ${name} resize requires restart`;
  return {
    kind: "start",
    stop: { id, name, message, graceSeconds: podGrace(input) },
    step: startStep(container, current),
  };
}

function judgeUnknown(input: PlanInput, container: Container, current: RuntimeContainer): Verdict {
  const stop: StopContainer = {
    id: current.id,
    name: container.name,
    message: 'Container is in "unknown" state, try killing it before restart',
    graceSeconds: podGrace(input),
    isUnknown: true,
  };
  if (!restartsAfterKill(container, input.pod.spec)) return { kind: "stop", stop };
  return { kind: "start", stop, step: startStep(container, current) };
}

/** How long a container may take to stop, in seconds, where nothing shortens it. */
export function podGrace(input: PlanInput): number {
  return Math.max(1, input.pod.spec.terminationGracePeriodSeconds ?? 30);
}

function probeGrace(input: PlanInput, container: Container, kind: "startup" | "liveness"): number {
  const probe = kind === "startup" ? container.startupProbe : container.livenessProbe;
  return probe?.terminationGracePeriodSeconds ?? podGrace(input);
}

function crashLoop(input: PlanInput, container: Container, delayMs: number): Waiting {
  const { name, namespace, uid } = input.pod.metadata;
  if (delayMs <= 0) return NO_REASON;
  return {
    reason: "CrashLoopBackOff",
    message: `back-off ${goDuration(delayMs)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`,
  };
}

/** Whole seconds as Go prints a duration: `10s`, `2m40s`, `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
