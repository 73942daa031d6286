import type { ObservedUnit } from "../../machine/systemd.ts";
import type { DesiredNode, DesiredUnit } from "../desired.ts";
import type { ObservedFile, ObservedNode } from "../observed.ts";
import type { Step } from "../step.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Where the units of the tests have their files. */
export function unitPath(unit: string): string {
  return `/etc/systemd/system/${unit}`;
}

/**
 * What a node is after a plan was carried out and committed: a model of a node that refuses what
 * a real one refuses (enabling a unit that systemd has not read, starting one without a file).
 * `stopAfter` steps it is interrupted instead.
 */
export function simulate(
  desired: DesiredNode,
  observed: ObservedNode,
  steps: readonly Step[],
  stopAfter = Number.POSITIVE_INFINITY,
): ObservedNode {
  const node: Mutable<ObservedNode> = structuredClone(observed) as Mutable<ObservedNode>;
  // The ledger is written before the first step.
  const units = [...new Set([...node.ownedUnits, ...desired.units.map((unit) => unit.name)])];
  node.ownedUnits = units;
  for (const name of units) node.units = { [name]: absentUnit(), ...node.units };
  for (const step of steps) {
    if (step.kind === "write-file") {
      node.owned = { [step.file.path]: step.file.digest, ...node.owned };
      if (step.foreign) node.originals = [...node.originals, step.file.path];
    }
  }
  for (const step of steps.slice(0, stopAfter)) carryOut(desired, node, step);
  const generation = {
    id: (node.current?.id ?? 0) + 1,
    state: "good" as const,
    startedAtMs: 0,
    toolVersion: "0",
    desiredDigest: "",
  };
  if (stopAfter < steps.length) node.interrupted = { ...generation, state: "applying" };
  else {
    node.current = generation;
    delete node.interrupted;
  }
  return node;
}

function carryOut(desired: DesiredNode, node: Mutable<ObservedNode>, step: Step): void {
  switch (step.kind) {
    case "load-module":
      node.missingModules = node.missingModules.filter((module) => module !== step.module);
      return;
    case "set-sysctl":
      node.sysctls = { ...node.sysctls, [step.key]: step.to };
      node.formerSysctls = without(node.formerSysctls, step.key);
      return;
    case "swap-off":
      node.activeSwaps = [];
      node.persistentSwaps = [];
      return;
    case "write-file":
      node.owned = { ...node.owned, [step.file.path]: step.file.digest };
      setFile(desired, node, step.file.path, {
        kind: "file",
        digest: step.file.digest,
        mode: step.file.mode,
        uid: 0,
        gid: 0,
        sizeBytes: step.file.sizeBytes,
      });
      return;
    case "set-mode": {
      const file = node.files[step.path];
      if (file?.kind !== "file") throw new Error(`chmod of what is not there: ${step.path}`);
      setFile(desired, node, step.path, { ...file, mode: step.to });
      return;
    }
    case "remove-file": {
      node.owned = without(node.owned, step.path);
      node.originals = node.originals.filter((path) => path !== step.path);
      setFile(
        desired,
        node,
        step.path,
        step.restore ? foreignFile("original") : { kind: "absent" },
      );
      return;
    }
    case "daemon-reload":
      for (const name of Object.keys(node.units)) {
        const there = node.files[unitPath(name)]?.kind === "file";
        setUnit(node, name, {
          needDaemonReload: false,
          loadState: there ? "loaded" : "not-found",
          ...(there ? {} : { unitFileState: "" }),
        });
        if (there && node.units[name]?.unitFileState === "")
          setUnit(node, name, { unitFileState: "disabled" });
      }
      return;
    case "enable-unit":
      if (node.files[unitPath(step.unit)]?.kind !== "file") throw new Error(`no ${step.unit}`);
      setUnit(node, step.unit, { unitFileState: "enabled" });
      return;
    case "disable-unit":
      setUnit(node, step.unit, { unitFileState: "disabled" });
      return;
    case "start-unit":
    case "restart-unit":
      needLoaded(node, step.unit);
      node.pendingRestarts = without(node.pendingRestarts, step.unit);
      setUnit(node, step.unit, { activeState: "active", subState: "running" });
      return;
    case "stop-unit":
      setUnit(node, step.unit, { activeState: "inactive", subState: "dead" });
      return;
    case "wait-ready":
      if (node.units[step.unit]?.activeState !== "active")
        throw new Error(`waiting in vain: ${step.unit}`);
      return;
    case "import-image":
      if (node.files[step.path]?.kind !== "file") throw new Error(`no archive: ${step.path}`);
      node.images = [...node.images, step.reference];
      return;
    case "set-route":
      node.routes = { ...node.routes, [step.destination]: step.via };
      return;
    case "remove-route":
      node.routes = without(node.routes, step.destination);
      return;
  }
}

function setFile(
  desired: DesiredNode,
  node: Mutable<ObservedNode>,
  path: string,
  file: ObservedFile,
): void {
  node.files = { ...node.files, [path]: file };
  for (const unit of desired.units) if (unit.reads.includes(path)) notePending(node, unit, path);
  for (const name of Object.keys(node.units)) {
    if (unitPath(name) === path) setUnit(node, name, { needDaemonReload: true });
  }
}

function notePending(node: Mutable<ObservedNode>, unit: DesiredUnit, path: string): void {
  if (node.units[unit.name]?.activeState !== "active") return;
  const files = [...(node.pendingRestarts[unit.name] ?? []), path];
  node.pendingRestarts = { ...node.pendingRestarts, [unit.name]: files };
}

/** A file that someone else has put there. */
export function foreignFile(digest: string): ObservedFile {
  return { kind: "file", digest, mode: 0o644, uid: 0, gid: 0, sizeBytes: 1 };
}

function needLoaded(node: ObservedNode, unit: string): void {
  const state = node.units[unit];
  const there = node.files[unitPath(unit)]?.kind === "file";
  if (!there || state?.loadState !== "loaded" || state.needDaemonReload) {
    throw new Error(`systemd does not know ${unit} as it is`);
  }
}

function setUnit(node: Mutable<ObservedNode>, name: string, change: Partial<ObservedUnit>): void {
  const state = node.units[name] ?? absentUnit();
  node.units = { ...node.units, [name]: { ...state, ...change } };
}

/** What systemd says of a unit that does not exist. */
export function absentUnit(): ObservedUnit {
  return {
    loadState: "not-found",
    activeState: "inactive",
    subState: "dead",
    unitFileState: "",
    needDaemonReload: false,
    dropIns: [],
  };
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
