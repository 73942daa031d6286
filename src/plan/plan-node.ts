import type { Problem } from "../base/mod.ts";
import type { ObservedUnit } from "../machine/systemd.ts";
import type { DesiredNode, DesiredUnit } from "./desired.ts";
import type { ObservedFile, ObservedNode } from "./observed.ts";
import type { NodePlan, Step } from "./step.ts";

/**
 * The steps from what a node is to what it should be, in the order in which they are safe:
 * kernel, swap, retired units, files, enablement, one daemon-reload for both, routes, then each unit
 * (re)started and waited for in turn. Pure; planning again after the steps were carried out
 * gives no steps.
 */
export function planNode(desired: DesiredNode, observed: ObservedNode): NodePlan {
  const files = planFiles(desired, observed);
  const retired = planRetiredUnits(desired, observed);
  const enablement = planEnablement(desired, observed);
  const changesUnits = retired.length + enablement.length > 0;
  const reload: Step[] =
    changesUnits || needsReload(desired, observed, files) ? [{ kind: "daemon-reload" }] : [];
  const steps: Step[] = [
    ...planModules(desired, observed),
    ...planSysctls(desired, observed),
    ...planSwap(desired, observed),
    ...retired,
    ...files,
    ...enablement,
    ...reload,
    ...planRoutes(desired, observed),
    ...withImages(
      planStarts(desired, observed, changedPaths(files)),
      desired,
      planImages(desired, observed),
    ),
  ];
  return {
    node: desired.node,
    baseGeneration: observed.current?.id ?? null,
    steps,
    notes: notes(desired, observed, steps.length > 0),
    problems: refusals(desired, observed),
  };
}

function planModules(desired: DesiredNode, observed: ObservedNode): Step[] {
  return desired.modules
    .filter((m) => observed.missingModules.includes(m.module))
    .map(({ module, required }) => ({ kind: "load-module", module, required }));
}

function planSysctls(desired: DesiredNode, observed: ObservedNode): Step[] {
  const former = Object.entries(observed.formerSysctls).filter(
    ([key]) => !(key in desired.sysctls),
  );
  return [...former, ...Object.entries(desired.sysctls)].flatMap(([key, to]): Step[] => {
    const from = observed.sysctls[key] ?? null;
    return sameSysctl(from, to) ? [] : [{ kind: "set-sysctl", key, from, to }];
  });
}

/** The kernel prints the numbers of a list with tabs between them; a file may have spaces. */
function sameSysctl(from: string | null, to: string): boolean {
  return from !== null && from.trim().split(/\s+/).join(" ") === to.trim().split(/\s+/).join(" ");
}

function planSwap(desired: DesiredNode, observed: ObservedNode): Step[] {
  const { activeSwaps: swaps, persistentSwaps: persistent } = observed;
  if (desired.swap === "keep" || swaps.length + persistent.length === 0) return [];
  return [{ kind: "swap-off", swaps, persistent }];
}

/** Units of an earlier generation that are no longer wanted stop before their files go, the last started first. */
function planRetiredUnits(desired: DesiredNode, observed: ObservedNode): Step[] {
  const wanted = new Set(desired.units.map((unit) => unit.name));
  const because = "it is no longer part of the node";
  return observed.ownedUnits
    .filter((unit) => !wanted.has(unit))
    .toReversed()
    .flatMap((unit) => stopSteps(unit, observed.units[unit], because));
}

function stopSteps(unit: string, state: ObservedUnit | undefined, because: string): Step[] {
  const steps: Step[] = [];
  if (isRunning(state)) steps.push({ kind: "stop-unit", unit, because });
  if (isEnabled(state)) steps.push({ kind: "disable-unit", unit, because });
  return steps;
}

/** Everything but stopped for good: a unit that systemd would start again by itself counts. */
function isRunning(state: ObservedUnit | undefined): boolean {
  return state !== undefined && !["inactive", "failed"].includes(state.activeState);
}

function isEnabled(state: ObservedUnit | undefined): boolean {
  return state !== undefined && ["enabled", "enabled-runtime"].includes(state.unitFileState);
}

function planFiles(desired: DesiredNode, observed: ObservedNode): Step[] {
  const wanted = new Set(desired.files.map((file) => file.path));
  const removals = Object.entries(observed.owned).flatMap(([path, put]): Step[] => {
    const now = observed.files[path];
    // What someone else has changed since is theirs now: notes() names it.
    if (wanted.has(path) || now?.kind !== "file" || now.digest !== put) return [];
    const restore = observed.originals.includes(path);
    return [{ kind: "remove-file", path, previous: put, restore }];
  });
  const writes = desired.files.flatMap((file): Step[] => {
    const now = observed.files[file.path] ?? { kind: "absent" };
    if (now.kind === "other") return [];
    if (now.kind === "absent")
      return [{ kind: "write-file", file, previous: null, foreign: false }];
    if (now.digest !== file.digest || now.uid !== 0 || now.gid !== 0) {
      const foreign = !(file.path in observed.owned) && !observed.originals.includes(file.path);
      return [{ kind: "write-file", file, previous: now.digest, foreign }];
    }
    if (now.mode === file.mode) return [];
    return [{ kind: "set-mode", path: file.path, from: now.mode, to: file.mode }];
  });
  return [...removals, ...writes];
}

/** Changes of a mode count: an executable that was not executable is one that never ran. */
function changedPaths(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps.flatMap((step) => {
      if (step.kind === "write-file") return [step.file.path];
      return step.kind === "set-mode" || step.kind === "remove-file" ? [step.path] : [];
    }),
  );
}

const UNIT_DIRECTORY = /^\/(etc|run|usr\/lib|usr\/local\/lib|lib)\/systemd\/system\//;

function needsReload(
  desired: DesiredNode,
  observed: ObservedNode,
  files: readonly Step[],
): boolean {
  // After an interruption a unit file may be newer than what systemd has read.
  if (observed.interrupted !== undefined) return true;
  if ([...changedPaths(files)].some((path) => UNIT_DIRECTORY.test(path))) return true;
  return desired.units.some((unit) => observed.units[unit.name]?.needDaemonReload === true);
}

function planEnablement(desired: DesiredNode, observed: ObservedNode): Step[] {
  return desired.units.flatMap((unit): Step[] => {
    const state = observed.units[unit.name];
    if (!unit.run) return stopSteps(unit.name, state, unit.reason ?? "it is not to run");
    // `static` and the like have nothing to enable; `` is a unit whose file comes with this plan.
    const canEnable = ["", "disabled", "linked"].includes(state?.unitFileState ?? "");
    return canEnable ? [{ kind: "enable-unit", unit: unit.name }] : [];
  });
}

function planRoutes(desired: DesiredNode, observed: ObservedNode): Step[] {
  const wanted = new Set(desired.routes.map((route) => route.destination));
  const removals = Object.entries(observed.routes).flatMap(([destination, via]): Step[] =>
    via === null || wanted.has(destination) ? [] : [{ kind: "remove-route", destination, via }],
  );
  const changes = desired.routes.flatMap(({ destination, via }): Step[] => {
    const from = observed.routes[destination] ?? null;
    return from === via ? [] : [{ kind: "set-route", destination, via, from }];
  });
  return [...removals, ...changes];
}

function planStarts(
  desired: DesiredNode,
  observed: ObservedNode,
  changed: ReadonlySet<string>,
): Step[] {
  return desired.units.flatMap((unit): Step[] => {
    if (!unit.run) return [];
    const start = planStart(unit, observed, changed);
    // An interrupted apply may not have come to wait for a unit that it had started.
    if (start === undefined && observed.interrupted === undefined) return [];
    const wait: Step = {
      kind: "wait-ready",
      unit: unit.name,
      ready: unit.ready,
      timeoutMs: unit.readyTimeoutMs,
    };
    return start === undefined ? [wait] : [start, wait];
  });
}

/** Images come right after the runtime, before anything that would pull them. */
function planImages(desired: DesiredNode, observed: ObservedNode): Step[] {
  if (!desired.units.some((unit) => unit.run && unit.ready.kind === "cri")) return [];
  return desired.images
    .filter(({ reference }) => !observed.images.includes(reference))
    .map(({ reference, path }) => ({ kind: "import-image", reference, path }));
}

function withImages(
  starts: readonly Step[],
  desired: DesiredNode,
  images: readonly Step[],
): Step[] {
  const runtimes = desired.units.filter((unit) => unit.ready.kind === "cri").map((u) => u.name);
  const ready = starts.findLastIndex(
    (step) => step.kind === "wait-ready" && runtimes.includes(step.unit),
  );
  return starts.toSpliced(ready + 1, 0, ...images);
}

function planStart(
  unit: DesiredUnit,
  observed: ObservedNode,
  changed: ReadonlySet<string>,
): Step | undefined {
  const pending = observed.pendingRestarts[unit.name] ?? [];
  const files = unit.reads.filter((path) => changed.has(path) || pending.includes(path));
  const because = files.map((path) => `${path} changed`);
  const state = observed.units[unit.name];
  const active = state !== undefined && ["active", "reloading"].includes(state.activeState);
  if (active) {
    return because.length === 0 ? undefined : { kind: "restart-unit", unit: unit.name, because };
  }
  // A oneshot unit that has run is inactive and as it should be.
  const hasRun = unit.ready.kind === "exited" && state?.activeState === "inactive";
  if (hasRun && isEnabled(state) && because.length === 0) return undefined;
  return { kind: "start-unit", unit: unit.name, because: [whyNotActive(state)] };
}

function whyNotActive(state: ObservedUnit | undefined): string {
  if (state === undefined || state.loadState === "not-found") return "it is new";
  return `it is not running (${state.activeState}, ${state.subState})`;
}

/** What is worth a word beside the steps. What is not run is news only where something changes. */
function notes(desired: DesiredNode, observed: ObservedNode, hasSteps: boolean): string[] {
  const wanted = new Set(desired.files.map((file) => file.path));
  const left = Object.entries(observed.owned).flatMap(([path, put]) => {
    const now = observed.files[path] ?? { kind: "absent" };
    if (wanted.has(path) || now.kind === "absent") return [];
    if (now.kind === "file" && now.digest === put) return [];
    return [`${path} is no longer part of the node, but someone has changed it: left alone`];
  });
  const units = desired.units.flatMap((unit) => {
    const dropIns = observed.units[unit.name]?.dropIns.filter((path) => !wanted.has(path)) ?? [];
    return [
      ...(unit.run || !hasSteps
        ? []
        : [`${unit.name} is installed but not run: ${unit.reason ?? "as asked"}`]),
      ...dropIns.map((path) => `${unit.name} is also changed by ${path}, which is not ours`),
    ];
  });
  return [...left, ...units];
}

function refusals(desired: DesiredNode, observed: ObservedNode): Problem[] {
  return desired.files.flatMap((file): Problem[] => {
    const now: ObservedFile = observed.files[file.path] ?? { kind: "absent" };
    if (now.kind !== "other") return [];
    return [
      {
        code: "not-a-file",
        severity: "error",
        message: `Cannot write ${file.path}: there is something that is no file: ${now.what}`,
        locations: [],
        node: desired.node,
        fix: `look at ${file.path} on the node and move it away`,
      },
    ];
  });
}
