import { dirname, join } from "node:path";
import { NodewrightError } from "../../base/mod.ts";
import { observeFiles } from "../observe-node.ts";
import { STORE_DIRECTORY } from "../store/store-directory.ts";
import type { TakeAway } from "./removal.ts";

/** Our files go, originals come back; a file that someone else has changed since stays and is named. */
export async function takeAwayFiles(work: TakeAway): Promise<void> {
  const { ledger, machine, report } = work;
  for (const path of Object.keys(ledger.files).toReversed()) await takeAwayFile(work, path);
  for (const [path, mode] of Object.entries(ledger.modes)) {
    const stat = await machine.disk.lstat(path);
    if (stat === undefined || ledger.files[path] !== undefined) continue;
    if (Number(stat.mode & 0o7777n) === mode) continue;
    await report.restored(`mode of ${path}`, () => machine.disk.setMode(path, mode));
  }
  const directories = new Set(Object.keys(ledger.files).map((path) => dirname(path)));
  if (!report.dryRun) for (const directory of directories) removeTemporaries(work, directory);
}

function removeTemporaries({ machine, report }: TakeAway, directory: string): void {
  try {
    machine.disk.removeTemporaries(directory);
  } catch (thrown) {
    report.left(`${directory}: ${NodewrightError.from(thrown, "Cannot look into it").message}`);
  }
}

async function takeAwayFile(work: TakeAway, path: string): Promise<void> {
  const { ledger, machine, report, store } = work;
  const entry = ledger.files[path];
  const now = (await observeFiles(work, [path]))[path];
  if (entry === undefined || now === undefined) return;
  const { original, put } = entry;
  if (original.kind === "file" && now.kind === "file" && now.digest === original.digest) return;
  const isOurs = now.kind === "file" && put.includes(now.digest);
  if (now.kind !== "absent" && !isOurs) {
    report.kept(`${path}: changed since by someone else`);
    return;
  }
  if (original.kind === "file") {
    await report.restored(path, async () => {
      const copy = `${STORE_DIRECTORY}/originals/${original.digest}`;
      await machine.disk.makeDirectory(dirname(path));
      await machine.disk.copy(copy, path, original);
      await machine.kernel.relabel([path]);
    });
  } else if (now.kind === "file") {
    await report.removed(path, async () => {
      await machine.disk.remove(path);
      store.digests.forget(path);
    });
  }
}

/** Directories that were made for our files and that nothing else is in. */
export async function removeDirectories(work: TakeAway): Promise<void> {
  const { ledger, machine, report } = work;
  for (const directory of ledger.directories.toReversed()) {
    if ((await machine.disk.lstat(directory)) === undefined) continue;
    const gone = report.dryRun
      ? await wouldBeEmpty(work, directory)
      : await machine.disk.removeEmpty(directory);
    if (gone) await report.removed(directory, async () => {});
    else report.kept(`${directory}: it is not empty`);
  }
}

/** In a dry run: true where all that is in the directory is among what would be removed. */
async function wouldBeEmpty({ machine, report }: TakeAway, directory: string): Promise<boolean> {
  const names = await machine.disk.list(directory);
  return names.every((name) => report.hasRemoved(join(directory, name)));
}
