import type { NodeTraces } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import type { ResetReport } from "../protocol/protocol.ts";
import { COMMAND_LINK, hasCommandLink } from "../store/command-link.ts";
import { emptyLedger } from "../store/ledger.ts";
import { currentOf } from "../store/store.ts";
import { STORE_DIRECTORY } from "../store/store-directory.ts";
import { findLeftovers } from "./find-leftovers.ts";
import type { TakeAway } from "./removal.ts";
import { removeTraces } from "./remove-traces.ts";
import { takeAwayFiles } from "./take-away-files.ts";
import { TakeAwayReport } from "./take-away-report.ts";
import { restoreUnits, stopUnits } from "./take-away-units.ts";
import { takeBackKernel } from "./take-back-kernel.ts";

/**
 * Takes away what nodewright put on a node, and nothing else, in an order in which nothing is
 * pulled from under what still runs; what was there before comes back. Each part may be repeated;
 * nodewright's own memory goes last (or with `keepMemory` stays, for a rollback of a first apply),
 * so that an interrupted removal can be run again. What cannot be taken away is in `leftovers`.
 */
export async function takeAway(
  node: NodeContext,
  options: { readonly dryRun: boolean; readonly keepMemory: boolean },
): Promise<ResetReport> {
  const { machine, store } = node;
  const report = new TakeAwayReport(options.dryRun);
  if (!(await store.isEmpty())) {
    const work = await begin(node, report);
    await stopUnits(work);
    await takeBackKernel(work);
    await takeAwayFiles(work);
    if (!options.keepMemory) await takeAwayCommand(work);
    await restoreUnits(work);
    await removeTraces(work);
    machine.disk.flush();
    if (!options.dryRun) for (const what of await findLeftovers(work)) report.left(what);
    if (options.keepMemory) await forgetChanges(work);
  }
  if (!options.keepMemory && report.isClean) await removeMemory(node, report);
  return report.result();
}

async function begin(node: NodeContext, report: TakeAwayReport): Promise<TakeAway> {
  const ledger = await node.store.readLedger(node.machine.clock.now());
  const records = await node.store.generations();
  const last = (currentOf(records) ?? records.at(-1))?.desired;
  const all = records.map((record) => record.desired);
  const union = (pick: (traces: NodeTraces) => readonly string[]): readonly string[] => [
    ...new Set(all.flatMap((desired) => pick(desired.traces))),
  ];
  const order = new Set([...(last?.units ?? []).map((u) => u.name), ...Object.keys(ledger.units)]);
  return {
    ...node,
    ledger,
    report,
    traces: {
      bridges: union((traces) => traces.bridges),
      networks: union((traces) => traces.networks),
      stateDirs: union((traces) => traces.stateDirs),
    },
    criEndpoint: last?.criEndpoint,
    criUnit: last?.units.find((unit) => unit.ready.kind === "cri")?.name,
    units: [...order].filter((name) => ledger.units[name] !== undefined),
  };
}

async function takeAwayCommand({ machine, report }: TakeAway): Promise<void> {
  if (!(await hasCommandLink(machine.disk))) return;
  await report.removed(COMMAND_LINK, async () => {
    await machine.disk.remove(COMMAND_LINK);
  });
}

/** After a rollback to nothing: what was there before nodewright stays known, the changes are gone. */
async function forgetChanges({ machine, store, ledger, report }: TakeAway): Promise<void> {
  if (!report.isClean) return;
  const directories: string[] = [];
  for (const directory of ledger.directories) {
    if ((await machine.disk.lstat(directory)) !== undefined) directories.push(directory);
  }
  await store.writeLedger({
    ...emptyLedger(ledger.createdAtMs),
    modules: ledger.modules,
    modes: Object.fromEntries(
      Object.entries(ledger.modes).filter(([path]) =>
        ledger.existedBefore.emptyDirs.includes(path),
      ),
    ),
    existedBefore: ledger.existedBefore,
    directories,
  });
}

/** The ledger goes after everything that it is needed for; the lock's file, which is held, last. */
const MEMORY = [
  "blobs",
  "originals",
  "generations",
  "stat-cache.json",
  "bin",
  "ledger.json",
  "lock",
];

async function removeMemory({ machine }: NodeContext, report: TakeAwayReport): Promise<void> {
  const names = await machine.disk.list(STORE_DIRECTORY);
  // What this very reset has brought: itself and its lock. It goes without a word.
  if (names.every((name) => ["bin", "lock"].includes(name))) {
    if (!report.dryRun) await machine.disk.removeTree(STORE_DIRECTORY);
    return;
  }
  await report.removed(`${STORE_DIRECTORY} (nodewright's own)`, async () => {
    for (const name of MEMORY) await machine.disk.removeTree(`${STORE_DIRECTORY}/${name}`);
    machine.disk.removeTemporaries(STORE_DIRECTORY);
    // A host of lab machines keeps them there, too.
    if (!(await machine.disk.removeEmpty(STORE_DIRECTORY))) {
      report.kept(`${STORE_DIRECTORY}: it is not empty`);
    }
  });
}
