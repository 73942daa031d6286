import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createTwoFilesPatch } from "diff";
import { UsageError } from "../../base/mod.ts";
import { applyEdits, type EditedFile } from "../../check/fix/mod.ts";
import type { CheckReport } from "../../check/mod.ts";
import type { ReadText } from "../../check/report/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { confirm } from "../output/confirm.ts";

/**
 * Rewrites what findings say can be mended without a decision: shows the diff, asks (or not, with
 * `isSure`), and writes. Gives the number of files that were written.
 */
export async function fixFiles(
  report: CheckReport,
  options: { readonly read: ReadText; readonly isSure: boolean; readonly context: CliContext },
): Promise<number> {
  const { read, isSure, context } = options;
  const edits = report.findings.flatMap((finding) => finding.edits ?? []);
  const files = applyEdits(edits, read);
  for (const { file, refused } of files) {
    for (const { path } of refused) {
      context.out.note(
        `${file}: ${path.join(".")} is left for you: the way it is written is yours`,
      );
    }
  }
  const changed = files.filter(({ before, after }) => before !== after);
  if (changed.length === 0) {
    context.out.note("Nothing here can be mended without a decision of yours");
    return 0;
  }
  for (const edited of changed) printDiff(edited, context);
  if (!isSure) await confirm(context, `${changed.length} files will be rewritten.`);
  for (const { file, before, after } of changed) {
    if (read(file) !== before) throw new UsageError(`${file} has changed meanwhile`);
    const path = join(context.clusterDir, file);
    await atomicWriteFile(path, after, { mode: (await stat(path)).mode & 0o7777 });
  }
  return changed.length;
}

function printDiff({ file, before, after }: EditedFile, context: CliContext): void {
  const patch = createTwoFilesPatch(file, file, before, after, undefined, undefined, {
    context: 3,
  });
  const lines = patch.replace(/^=+\n/, "").trimEnd();
  if (context.json) context.out.json({ kind: "diff", file, diff: lines });
  else context.out.line(`${lines}\n`);
}
