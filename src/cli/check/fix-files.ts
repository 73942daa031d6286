import { readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createTwoFilesPatch } from "diff";
import { UsageError } from "../../base/mod.ts";
import type { Mended, RefusedEdit } from "../../check/fix/mod.ts";
import type { ReadText } from "../../check/report/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { confirm } from "../output/confirm.ts";

/**
 * Writes what was mended: shows the diff, asks (or not, with `isSure`), and writes. Gives the number
 * of files that were written.
 */
export async function writeMended(
  { texts, refused }: Mended,
  options: { readonly read: ReadText; readonly isSure: boolean; readonly context: CliContext },
): Promise<number> {
  const { read, isSure, context } = options;
  for (const one of refused) context.out.note(describeRefused(one));
  const changed = [...texts].flatMap(([file, after]) => {
    const before = read(file);
    return before === undefined || before === after ? [] : [{ file, before, after }];
  });
  if (changed.length === 0) {
    context.out.note("Nothing to fix without a decision of yours");
    return 0;
  }
  for (const edited of changed) printDiff(edited, context);
  if (!isSure) await confirm(context, `${changed.length} files will be rewritten.`);
  for (const edited of changed) await replaceText(context.clusterDir, edited);
  return changed.length;
}

function describeRefused({ edit: { file, path }, error }: RefusedEdit): string {
  const why =
    error === undefined ? "the way it is written is yours" : `the change would lead to: ${error}`;
  return `${file}: ${path.join(".")} is left for you: ${why}`;
}

/** Mode and owner stay, and a symbolic link stays one: the file that it leads to is replaced. */
async function replaceText(dir: string, { file, before, after }: EditedText): Promise<void> {
  const path = await realpath(join(dir, file));
  if ((await readFile(path, "utf8")) !== before) {
    throw new UsageError(`${file} has changed meanwhile`);
  }
  const { mode, uid, gid } = await stat(path);
  const owner = process.getuid?.() === 0 ? { uid, gid } : {};
  await atomicWriteFile(path, after, { mode: mode & 0o7777, ...owner });
}

interface EditedText {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

function printDiff({ file, before, after }: EditedText, context: CliContext): void {
  const patch = createTwoFilesPatch(file, file, before, after, undefined, undefined, {
    context: 3,
  });
  const lines = patch.replace(/^=+\n/, "").trimEnd();
  if (context.json) context.out.json({ kind: "diff", file, diff: lines });
  else context.out.line(`${lines}\n`);
}
