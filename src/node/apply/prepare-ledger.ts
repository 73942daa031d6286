import { dirname } from "node:path";
import type { DesiredNode, NodeTraces, Step } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import {
  addPut,
  CNI_STATE_DIRS,
  type Ledger,
  NETNS_DIRECTORY,
  type Original,
} from "../store/ledger.ts";
import { STORE_DIRECTORY } from "../store/store-directory.ts";
import { swapsOf } from "../swap.ts";

/**
 * Writes down what the steps will change and what is there now, before the first of them: from
 * then on an interruption at any point leaves a ledger that names at least what was changed.
 * Foreign files are copied to `originals/` here. Returns the ledger as written.
 */
export async function prepareLedger(
  node: NodeContext,
  desired: DesiredNode,
  steps: readonly Step[],
): Promise<Ledger> {
  const { machine, store } = node;
  const first = await store.isEmpty();
  const ledger = await store.readLedger(machine.clock.now());
  if (first) {
    ledger.existedBefore = await findTraces(node, {
      ...desired.traces,
      stateDirs: [...desired.traces.stateDirs, ...CNI_STATE_DIRS, NETNS_DIRECTORY],
    });
    ledger.existedBefore.podNamespaces.push(...(await machine.disk.list(NETNS_DIRECTORY)));
  } else {
    await noteNewTraces(node, ledger, desired.traces);
  }
  await noteModes(node, ledger);
  await noteUnits(node, ledger, desired, steps);
  for (const step of steps) await noteStep(node, ledger, step);
  machine.disk.flush();
  await store.writeLedger(ledger);
  return ledger;
}

/** Of what pods will leave, what is there already: it is not ours to take away. */
async function findTraces(
  { machine }: NodeContext,
  traces: NodeTraces,
): Promise<Ledger["existedBefore"]> {
  const there = async (path: string): Promise<boolean> =>
    (await machine.disk.lstat(path)) !== undefined;
  const filter = async (names: readonly string[], path: (name: string) => string) => {
    const found: string[] = [];
    for (const name of names) if (await there(path(name))) found.push(name);
    return found;
  };
  const dirs = traces.stateDirs;
  const stateDirs = await filter(dirs, (directory) => directory);
  const emptyDirs: string[] = [];
  for (const directory of stateDirs)
    if (await isEmpty(machine, directory)) emptyDirs.push(directory);
  const bridges = traces.bridges.length === 0 ? [] : await machine.kernel.bridges();
  return {
    stateDirs: stateDirs.filter((directory) => !emptyDirs.includes(directory)),
    emptyDirs,
    bridges: traces.bridges.filter((bridge) => bridges.includes(bridge)),
    networks: await filter(traces.networks, (name) => `/var/lib/cni/networks/${name}`),
    podNamespaces: [],
  };
}

/** A configuration may come to name another directory, bridge or network, which is somebody's already. */
async function noteNewTraces(node: NodeContext, ledger: Ledger, traces: NodeTraces): Promise<void> {
  const known = (await node.store.generations()).map(({ desired }) => desired.traces);
  const fresh = (pick: (of: NodeTraces) => readonly string[]): readonly string[] => {
    const old = new Set(known.flatMap(pick));
    return pick(traces).filter((name) => !old.has(name));
  };
  const found = await findTraces(node, {
    stateDirs: fresh((of) => of.stateDirs),
    bridges: fresh((of) => of.bridges),
    networks: fresh((of) => of.networks),
  });
  const { existedBefore } = ledger;
  existedBefore.stateDirs.push(...found.stateDirs);
  existedBefore.emptyDirs.push(...found.emptyDirs);
  existedBefore.bridges.push(...found.bridges);
  existedBefore.networks.push(...found.networks);
}

/** What is only emptied by a reset has the mode then that it had: the runtime gives it its own. */
async function noteModes({ machine }: NodeContext, ledger: Ledger): Promise<void> {
  for (const directory of ledger.existedBefore.emptyDirs) {
    const stat = await machine.disk.lstat(directory);
    if (stat !== undefined) ledger.modes[directory] ??= Number(stat.mode & 0o7777n);
  }
}

/** A new file system has a lost+found. */
async function isEmpty({ disk }: NodeContext["machine"], directory: string): Promise<boolean> {
  return (await disk.list(directory)).every((name) => name === "lost+found");
}

async function noteUnits(
  { machine }: NodeContext,
  ledger: Ledger,
  desired: DesiredNode,
  steps: readonly Step[],
): Promise<void> {
  const touched = steps.flatMap((step) => ("unit" in step ? [step.unit] : []));
  const names = new Set([...desired.units.map((unit) => unit.name), ...touched]);
  const unknown = [...names].filter((name) => ledger.units[name] === undefined);
  const states = await machine.systemd.show(unknown);
  for (const name of unknown) {
    const { activeState = "inactive", unitFileState = "" } = states[name] ?? {};
    ledger.units[name] = { before: { activeState, unitFileState } };
  }
}

async function noteStep(node: NodeContext, ledger: Ledger, step: Step): Promise<void> {
  switch (step.kind) {
    case "load-module":
      if (!ledger.modules.includes(step.module)) ledger.modules.push(step.module);
      return;
    case "set-sysctl":
      ledger.sysctls[step.key] = {
        before: ledger.sysctls[step.key]?.before ?? step.from,
        set: step.to,
      };
      return;
    case "swap-off":
      ledger.swap = {
        turnedOff: [...new Set([...ledger.swap.turnedOff, ...step.swaps])],
        masked: [...new Set([...ledger.swap.masked, ...swapsOf("unit", step.persistent)])],
        fstab: [...new Set([...ledger.swap.fstab, ...swapsOf("fstab", step.persistent)])],
      };
      return;
    case "write-file":
      return noteFile(node, ledger, step.file.path, step.file.digest);
    case "set-mode":
      if (ledger.files[step.path] === undefined) ledger.modes[step.path] ??= step.from;
      return;
    case "set-route":
      ledger.routes[step.destination] = {
        before: ledger.routes[step.destination]?.before ?? step.from,
        via: step.via,
      };
      return;
  }
}

async function noteFile(
  node: NodeContext,
  ledger: Ledger,
  path: string,
  digest: string,
): Promise<void> {
  const known = ledger.files[path];
  const original = known?.original ?? (await keepOriginal(node, path));
  ledger.files[path] = { original, put: addPut(known?.put ?? [], digest) };
  for (const directory of await missingDirectories(node, dirname(path))) {
    if (!ledger.directories.includes(directory)) ledger.directories.push(directory);
  }
}

async function keepOriginal({ machine, store }: NodeContext, path: string): Promise<Original> {
  const stat = await machine.disk.lstat(path);
  const digest = stat === undefined ? undefined : await store.digests.of(path);
  if (stat === undefined || digest === undefined) return { kind: "absent" };
  const copy = `${STORE_DIRECTORY}/originals/${digest}`;
  if ((await store.digests.of(copy)) !== digest) {
    await machine.disk.makeDirectory(`${STORE_DIRECTORY}/originals`, 0o700);
    await machine.disk.copy(path, copy, { mode: 0o600 });
  }
  return {
    kind: "file",
    digest,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  };
}

/** The directories of a path that are not there yet, the uppermost first. */
async function missingDirectories(
  { machine }: NodeContext,
  directory: string,
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = directory; at !== "/"; at = dirname(at)) {
    if ((await machine.disk.lstat(at)) !== undefined) break;
    missing.unshift(at);
  }
  return missing;
}
