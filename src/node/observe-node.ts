import type { UnitState } from "../machine/mod.ts";
import type {
  DesiredNode,
  DesiredUnit,
  MissingBlob,
  ObservedFile,
  ObservedNode,
} from "../plan/mod.ts";
import type { NodeContext } from "./node-context.ts";
import type { Ledger } from "./store/ledger.ts";
import { currentOf, interruptedOf, toGeneration } from "./store/store.ts";
import { persistentSwaps } from "./swap.ts";

/** How the node is, as far as a plan for `desired` needs to know. Changes nothing but the memory of digests. */
export async function observeNode(node: NodeContext, desired: DesiredNode): Promise<ObservedNode> {
  const { machine, store } = node;
  const ledger = await store.readLedger(machine.clock.now());
  const records = await store.generations();
  const [current, interrupted] = [currentOf(records), interruptedOf(records)];
  const paths = new Set([...desired.files.map((f) => f.path), ...Object.keys(ledger.files)]);
  const files = await observeFiles(node, [...paths]);
  const unitNames = new Set([...desired.units.map((u) => u.name), ...Object.keys(ledger.units)]);
  const units = await machine.systemd.show([...unitNames]);
  const former = await formerSysctls(node, desired, ledger);
  const observed: ObservedNode = {
    files,
    units,
    owned: Object.fromEntries(
      Object.entries(ledger.files).flatMap(([path, { put }]) => {
        const last = put.at(-1);
        return last === undefined ? [] : [[path, ownDigest(files[path], put) ?? last]];
      }),
    ),
    originals: Object.keys(ledger.files).filter((p) => ledger.files[p]?.original.kind === "file"),
    ownedUnits: Object.keys(ledger.units),
    pendingRestarts: pendingRestarts(desired.units, units, files, ledger),
    ...(current === undefined ? {} : { current: toGeneration(current) }),
    ...(interrupted === undefined ? {} : { interrupted: toGeneration(interrupted) }),
    sysctls: await readSysctls(node, [...Object.keys(desired.sysctls), ...Object.keys(former)]),
    formerSysctls: former,
    missingModules: await missingModules(node, desired),
    activeSwaps: desired.swap === "off" ? await machine.kernel.activeSwaps() : [],
    persistentSwaps: desired.swap === "off" ? await persistentSwaps(machine) : [],
    routes: await observeRoutes(node, desired, ledger),
    images: await presentImages(node, desired),
    missingBlobs: await missingBlobs(node, desired, files),
  };
  if (!(await store.isEmpty())) await store.digests.save();
  return observed;
}

/** An older content of ours that is still (or again) there is ours, too. */
function ownDigest(now: ObservedFile | undefined, put: readonly string[]): string | undefined {
  return now?.kind === "file" && put.includes(now.digest) ? now.digest : undefined;
}

/** What is at each path. */
export async function observeFiles(
  { machine, store }: NodeContext,
  paths: readonly string[],
): Promise<Readonly<Record<string, ObservedFile>>> {
  const files: Record<string, ObservedFile> = {};
  for (const path of paths) {
    const stat = await machine.disk.lstat(path);
    const digest = stat?.isFile() ? await store.digests.of(path) : undefined;
    if (stat === undefined) files[path] = { kind: "absent" };
    else if (digest === undefined) files[path] = { kind: "other", what: kindOf(stat) };
    else {
      files[path] = {
        kind: "file",
        digest,
        mode: Number(stat.mode & 0o7777n),
        uid: Number(stat.uid),
        gid: Number(stat.gid),
        sizeBytes: Number(stat.size),
      };
    }
  }
  return files;
}

function kindOf(stat: { isDirectory(): boolean; isSymbolicLink(): boolean }): string {
  if (stat.isDirectory()) return "a directory";
  return stat.isSymbolicLink() ? "a symbolic link" : "a device, socket or pipe";
}

function pendingRestarts(
  desired: readonly DesiredUnit[],
  units: Readonly<Record<string, UnitState>>,
  files: Readonly<Record<string, ObservedFile>>,
  ledger: Ledger,
): Record<string, readonly string[]> {
  const pending: Record<string, readonly string[]> = {};
  for (const unit of desired) {
    const isActive = units[unit.name]?.activeState === "active";
    // One that is down will be started anyway; a oneshot is down when it has done its work.
    if (!unit.run || !(isActive || unit.ready.kind === "exited")) continue;
    const started = ledger.units[unit.name]?.startedWith;
    const changed = unit.reads.filter((path) => {
      const now = files[path];
      if (now === undefined) return false;
      const known = started?.[path];
      // Not started by nodewright since this file is its own: it may run with what was before.
      if (known === undefined) return ledger.files[path] !== undefined;
      return known !== (now.kind === "file" ? now.digest : undefined);
    });
    if (changed.length > 0) pending[unit.name] = changed;
  }
  return pending;
}

async function readSysctls(
  { machine }: NodeContext,
  keys: readonly string[],
): Promise<Record<string, string | null>> {
  const values: Record<string, string | null> = {};
  for (const key of keys) values[key] = await machine.kernel.readSysctl(key);
  return values;
}

/** Keys set earlier, no longer desired, and still as they were set. */
async function formerSysctls(
  { machine }: NodeContext,
  desired: DesiredNode,
  ledger: Ledger,
): Promise<Record<string, string>> {
  const former: Record<string, string> = {};
  for (const [key, { before, set }] of Object.entries(ledger.sysctls)) {
    if (key in desired.sysctls || before === null || before === set) continue;
    if ((await machine.kernel.readSysctl(key)) === set) former[key] = before;
  }
  return former;
}

async function missingModules({ machine }: NodeContext, desired: DesiredNode): Promise<string[]> {
  const missing = await machine.kernel.missingModules(desired.modules.map((m) => m.module));
  // One that is not needed and cannot be loaded would be tried, in vain, by every apply.
  const required = new Set(desired.modules.filter((m) => m.required).map((m) => m.module));
  return missing.filter((m) => m.loadable || required.has(m.module)).map((m) => m.module);
}

async function observeRoutes(
  { machine }: NodeContext,
  desired: DesiredNode,
  ledger: Ledger,
): Promise<Record<string, string | null>> {
  const wanted = new Set(desired.routes.map((route) => route.destination));
  const known = Object.keys(ledger.routes).filter((destination) => !wanted.has(destination));
  if (wanted.size + known.length === 0) return {};
  const now = await machine.kernel.readRoutes([...wanted, ...known]);
  const unchanged = known.filter((d) => now[d] === ledger.routes[d]?.via);
  return Object.fromEntries([...wanted, ...unchanged].map((d) => [d, now[d] ?? null]));
}

async function presentImages(
  { machine }: NodeContext,
  { images, criEndpoint }: DesiredNode,
): Promise<readonly string[]> {
  if (images.length === 0) return [];
  const references = images.map((image) => image.reference);
  // Before the first apply, and while the runtime is down, there are none.
  return machine.cri.images(criEndpoint, references).catch(() => []);
}

async function missingBlobs(
  { store }: NodeContext,
  desired: DesiredNode,
  files: Readonly<Record<string, ObservedFile>>,
): Promise<MissingBlob[]> {
  const needed = desired.files.filter((file) => {
    const now = files[file.path];
    return now?.kind !== "file" || now.digest !== file.digest || now.uid !== 0 || now.gid !== 0;
  });
  const missing: MissingBlob[] = [];
  for (const digest of new Set(needed.map((file) => file.digest))) {
    if (!(await store.blobs.has(digest))) missing.push(await store.blobs.missing(digest));
  }
  return missing;
}
