import { createTwoFilesPatch } from "diff";
import type { NodeRun } from "../../bootstrap/apply/mod.ts";
import type { DesiredFile } from "../../bootstrap/plan/mod.ts";

/** How one text file on a node would change. */
export interface FileDiff {
  readonly path: string;
  /** Unified, three lines of context. */
  readonly diff: string;
}

/** The diffs of all text files that a run's plan writes; files that hold secrets are named by the plan, never shown. */
export async function planDiffs(run: NodeRun): Promise<FileDiff[]> {
  const files = run.plan.steps.flatMap((step): DesiredFile[] =>
    step.kind === "write-file" && step.file.text && !step.file.sensitive ? [step.file] : [],
  );
  if (files.length === 0) return [];
  const { texts } = await run.session.request("readTexts", {
    paths: files.map((file) => file.path),
  });
  return files.flatMap((file) => {
    const content = run.rendered.contents.get(file.digest);
    if (content?.kind !== "bytes") return [];
    const before = texts[file.path] ?? "";
    const after = new TextDecoder().decode(content.bytes);
    const diff = createTwoFilesPatch(
      before === "" ? "/dev/null" : `${run.node}:${file.path}`,
      `${run.node}:${file.path} (${file.origin})`,
      before,
      after,
      undefined,
      undefined,
      { context: 3 },
    );
    return [{ path: file.path, diff: diff.replace(/^=+\n/, "") }];
  });
}
