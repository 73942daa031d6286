import { assertNever } from "../base/mod.ts";
import type { NodePlan, Step } from "./step.ts";

/** One line for people: what a step does and why. Never the content of a file. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "load-module":
      return `load kernel module ${step.module}`;
    case "set-sysctl":
      return `set ${step.key} = ${step.to} (${step.from === null ? "not there" : `was ${step.from}`})`;
    case "swap-off":
      return `turn swap off (${[...step.swaps, ...step.persistent].join(", ")})`;
    case "write-file":
      return `write ${step.file.path} (${whatWrites(step)})`;
    case "set-mode":
      return `set mode of ${step.path} to ${octal(step.to)} (was ${octal(step.from)})`;
    case "remove-file":
      return step.restore
        ? `bring back ${step.path} as it was before nodewright`
        : `remove ${step.path} (no longer part of the node)`;
    case "daemon-reload":
      return "reload systemd's unit files";
    case "enable-unit":
      return `enable ${step.unit}`;
    case "disable-unit":
      return `disable ${step.unit} because ${step.because}`;
    case "start-unit":
      return `start ${step.unit} because ${step.because.join(", ")}`;
    case "restart-unit":
      return `restart ${step.unit} because ${step.because.join(", ")}`;
    case "stop-unit":
      return `stop ${step.unit} because ${step.because}`;
    case "wait-ready":
      return `wait until ${step.unit} ${whatIsReady(step)}`;
    case "import-image":
      return `import image ${step.reference}`;
    case "set-route":
      return `route ${step.destination} via ${step.via} (${step.from === null ? "new" : `was ${step.from}`})`;
    case "remove-route":
      return `remove the route ${step.destination} via ${step.via}`;
    default:
      return assertNever(step);
  }
}

function whatWrites(step: Extract<Step, { kind: "write-file" }>): string {
  if (step.previous === null) return "new";
  return step.foreign ? "not nodewright's so far: the original is kept" : "changed";
}

function whatIsReady(step: Extract<Step, { kind: "wait-ready" }>): string {
  switch (step.ready.kind) {
    case "active":
      return "runs and keeps running";
    case "cri":
      return `answers on ${step.ready.endpoint} with RuntimeReady and NetworkReady`;
    case "http":
      return `answers 200 on ${step.ready.url}`;
    case "exited":
      return "has run and succeeded";
    default:
      return assertNever(step.ready);
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** All of a plan as lines for people; problems and notes last. */
export function describePlan(plan: NodePlan): string[] {
  return [
    ...plan.steps.map(describeStep),
    ...plan.notes.map((note) => `note: ${note}`),
    ...plan.problems.map((problem) => `${problem.severity}: ${problem.message}`),
  ];
}

/** A plan in one line: `12 files, 1 file removed, restart containerd.service`; `nothing to do`. */
export function planSummary(plan: NodePlan): string {
  const parts: string[] = [];
  const count = (kinds: readonly string[], one: string, many: string): void => {
    const n = plan.steps.filter((step) => kinds.includes(step.kind)).length;
    if (n > 0) parts.push(`${n} ${n === 1 ? one : many}`);
  };
  count(["load-module", "set-sysctl", "swap-off"], "kernel setting", "kernel settings");
  count(["write-file", "set-mode"], "file", "files");
  count(["remove-file"], "file removed", "files removed");
  count(["set-route", "remove-route"], "route", "routes");
  count(["import-image"], "image", "images");
  for (const verb of ["stop", "disable", "enable", "start", "restart"] as const) {
    const kind = `${verb}-unit` as const;
    const units = plan.steps.flatMap((step) => (step.kind === kind ? [unitOf(step)] : []));
    if (units.length > 0) parts.push(`${verb} ${units.join(", ")}`);
  }
  if (parts.length > 0) return parts.join(", ");
  return plan.steps.length === 0 ? "nothing to do" : "check that what runs is ready";
}

function unitOf(step: Step): string {
  return "unit" in step ? step.unit : "";
}
