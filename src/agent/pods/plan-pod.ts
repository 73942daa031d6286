import { ephemeralContainers, isSidecar } from "../api/mod.ts";
import { restartsAfterExit } from "../api/restart-policy.ts";
import { newest, type RuntimeContainer, type RuntimeSandbox } from "../runtime/runtime-state.ts";
import type { Waiting } from "../status/waiting.ts";
import { judgeContainer, podGrace, type Verdict } from "./plan-container.ts";
import { planInitContainers } from "./plan-init.ts";
import type { Plan, PlanInput, Step, StopContainer } from "./plan-types.ts";

/**
 * What to do with a pod now, from its spec, what the runtime has of it, its probes, its back-off and
 * the clock. Planning again after the steps were carried out leads on; with no steps left the pod is
 * as it should be until something changes or `wakeAt` is there.
 */
export function planPod(input: PlanInput): Plan {
  if (input.ending !== undefined) return planStop(input, input.ending.graceSeconds);
  const sandbox = currentSandbox(input);
  if (sandbox === undefined) return planSandbox(input);
  const plan = new PlanBuilder(input);
  for (const container of ephemeralContainers(input.pod.spec)) {
    if (newest(input.state, container.name) === undefined) {
      plan.add(container.name, judgeContainer(input, container));
    }
  }
  const init = planInitContainers(input, sandbox);
  for (const [name, verdict] of init.verdicts) plan.add(name, verdict);
  if (init.outcome === "failed") return planStop(input, podGrace(input));
  if (init.outcome === "running") return plan.build();
  let isAlive = false;
  for (const container of input.pod.spec.containers) {
    const verdict = judgeContainer(input, container);
    plan.add(container.name, verdict);
    isAlive ||= verdict.kind !== "finished";
  }
  // Sidecars do not keep a pod alive whose main containers are done.
  return isAlive ? plan.build() : planStop(input, podGrace(input));
}

/** Stops containers first (sidecars last, in reverse order), then the sandbox. */
function planStop(input: PlanInput, graceSeconds: number): Plan {
  const { state, now } = input;
  const startedAt = input.ending?.startedAt ?? now;
  const left = Math.max(0, Math.ceil(graceSeconds - (now - startedAt) / 1000));
  const running = state.containers.filter(
    (one) => one.state === "running" || one.state === "unknown",
  );
  const next = nextToStop(input, running);
  const waiting = new Map<string, Waiting>();
  if (next.length > 0) {
    const containers = next.map(
      (one): StopContainer => ({
        id: one.id,
        name: one.name,
        message: `Stopping container ${one.name}`,
        graceSeconds: left,
        ...(one.state === "unknown" ? { isUnknown: true } : {}),
      }),
    );
    return { steps: [{ kind: "stop-containers", containers }], waiting, isOver: false };
  }
  const steps = state.sandboxes
    .filter((sandbox) => sandbox.ready)
    .map((sandbox): Step => ({ kind: "stop-sandbox", id: sandbox.id }));
  return { steps, waiting, isOver: steps.length === 0 };
}

function nextToStop(
  input: PlanInput,
  running: readonly RuntimeContainer[],
): readonly RuntimeContainer[] {
  const sidecars = (input.pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const others = running.filter((one) => !sidecars.includes(one.name));
  if (others.length > 0) return others;
  const last = sidecars.findLast((name) => running.some((one) => one.name === name));
  return running.filter((one) => one.name === last);
}

/** The sandbox to go on with, or undefined where there has to be a new one. */
function currentSandbox({ pod, state }: PlanInput): RuntimeSandbox | undefined {
  const [sandbox] = state.sandboxes;
  if (sandbox === undefined || !sandbox.ready) return undefined;
  if (state.sandboxes.filter((one) => one.ready).length > 1) return undefined;
  const hostNetwork = pod.spec.hostNetwork ?? false;
  if (sandbox.hostNetwork !== hostNetwork) return undefined;
  return hostNetwork || sandbox.ips.length > 0 ? sandbox : undefined;
}

/** A new sandbox, after everything of the old one has stopped; none where nothing would run in it. */
function planSandbox(input: PlanInput): Plan {
  const [previous] = input.state.sandboxes;
  const waiting = new Map<string, Waiting>();
  if (previous !== undefined) {
    const leftover = planStop(input, podGrace(input));
    if (!leftover.isOver) return leftover;
    if (!isWorthASandbox(input)) return { steps: [], waiting, isOver: true };
  }
  const hold = input.holds.get("");
  if (hold !== undefined && hold.until > input.now) {
    return { steps: [], waiting, wakeAt: hold.until, isOver: false };
  }
  const attempt = previous === undefined ? 0 : previous.attempt + 1;
  const replaces = previous !== undefined;
  return { steps: [{ kind: "create-sandbox", attempt, replaces }], waiting, isOver: false };
}

function isWorthASandbox({ pod, state }: PlanInput): boolean {
  if (state.containers.length === 0) return true;
  const mains = pod.spec.containers.map((container) => ({
    container,
    status: newest(state, container.name),
  }));
  const wasInitialized = mains.some(({ status }) => status !== undefined);
  if (!wasInitialized) return pod.spec.restartPolicy !== "Never";
  return mains.some(({ container, status }) =>
    status === undefined
      ? pod.spec.restartPolicy !== "Never"
      : restartsAfterExit(container, pod.spec, status.exitCode),
  );
}

/** Collects verdicts as steps, waits and the earliest moment to look again. */
class PlanBuilder {
  readonly #steps: Step[] = [];
  readonly #waiting = new Map<string, Waiting>();
  #wakeAt: number | undefined;
  readonly #now: number;

  constructor(input: PlanInput) {
    this.#now = input.now;
  }

  add(name: string, verdict: Verdict): void {
    if (verdict.kind === "wait") {
      this.#waiting.set(name, verdict.waiting);
      this.#wakeAt = Math.min(this.#wakeAt ?? Number.POSITIVE_INFINITY, verdict.until);
    } else if (verdict.kind === "resize") {
      this.#steps.push(verdict.step);
    } else if (verdict.kind === "stop" || verdict.kind === "start") {
      const { stop } = verdict;
      if (stop !== undefined) this.#steps.push({ kind: "stop-containers", containers: [stop] });
      if (verdict.kind === "start") this.#steps.push(verdict.step);
    }
  }

  build(): Plan {
    const wakeAt = this.#wakeAt === undefined ? undefined : Math.max(this.#wakeAt, this.#now);
    return {
      steps: this.#steps,
      waiting: this.#waiting,
      isOver: false,
      ...(wakeAt === undefined ? {} : { wakeAt }),
    };
  }
}
