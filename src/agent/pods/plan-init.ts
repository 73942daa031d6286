import { type Container, isSidecar } from "../api/mod.ts";
import { restartsAfterExit } from "../api/restart-policy.ts";
import {
  newest,
  type PodRuntimeState,
  type RuntimeContainer,
  type RuntimeSandbox,
} from "../runtime/runtime-state.ts";
import { hasStarted, judgeContainer, startOrWait, type Verdict } from "./plan-container.ts";
import type { PlanInput } from "./plan-types.ts";

/** How far the init containers are, and what they need. */
export interface InitPlan {
  readonly outcome: "running" | "done" | "failed";
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/**
 * Init containers run one after the other; a sidecar counts as done once it has started, and is kept
 * running. Only containers of the current sandbox count: a new sandbox runs all of them again.
 */
export function planInitContainers(input: PlanInput, sandbox: RuntimeSandbox): InitPlan {
  const containers = input.pod.spec.initContainers ?? [];
  const verdicts = new Map<string, Verdict>();
  const here = inSandbox(input, sandbox);
  const mains = input.pod.spec.containers;
  const isInitialized = mains.some(({ name }) => newest(here.state, name) !== undefined);
  // Completed ones may have been removed: the last one that is there says how far the pod was.
  const reached = isInitialized
    ? containers.length
    : containers.findLastIndex(({ name }) => newest(here.state, name) !== undefined);
  for (const container of containers.slice(0, Math.max(reached, 0))) {
    if (isSidecar(container)) verdicts.set(container.name, judgeContainer(here, container));
  }
  for (let at = Math.max(reached, 0); at < containers.length; at++) {
    const container = containers[at];
    if (container === undefined) break;
    const status = newest(here.state, container.name);
    const step = judgeInit(here, container, status);
    if (step.verdict !== undefined) verdicts.set(container.name, step.verdict);
    if (step.outcome !== "done") return { outcome: step.outcome, verdicts };
  }
  return { outcome: "done", verdicts };
}

interface InitStep {
  readonly outcome: InitPlan["outcome"];
  readonly verdict?: Verdict;
}

function judgeInit(
  input: PlanInput,
  container: Container,
  status: RuntimeContainer | undefined,
): InitStep {
  if (isSidecar(container)) {
    const verdict = judgeContainer(input, container);
    const started =
      status?.state === "running" &&
      (verdict.kind === "keep" || verdict.kind === "resize") &&
      hasStarted(input, container, status.id);
    return { outcome: started ? "done" : "running", verdict };
  }
  if (status?.state === "running") return { outcome: "running" };
  if (status?.state === "exited") {
    if (status.exitCode === 0) return { outcome: "done" };
    if (!restartsAfterExit(container, initSpec(input), status.exitCode)) {
      return { outcome: "failed" };
    }
    return { outcome: "running", verdict: startOrWait(input, container, status) };
  }
  return { outcome: "running", verdict: judgeOther(input, container, status) };
}

function judgeOther(
  input: PlanInput,
  container: Container,
  status: RuntimeContainer | undefined,
): Verdict {
  return status?.state === "unknown"
    ? judgeContainer(input, container)
    : startOrWait(input, container, status);
}

/** An init container of a pod with policy Always is repeated only where it fails. */
function initSpec(input: PlanInput): PlanInput["pod"]["spec"] {
  const { spec } = input.pod;
  return spec.restartPolicy === "Never" ? spec : { ...spec, restartPolicy: "OnFailure" };
}

function inSandbox(input: PlanInput, sandbox: RuntimeSandbox): PlanInput {
  const containers = input.state.containers.filter((one) => one.sandboxId === sandbox.id);
  const state: PodRuntimeState = { sandboxes: [sandbox], containers };
  return { ...input, state };
}
