import { eachSession } from "../../bootstrap/apply/mod.ts";
import { selectManaged } from "../../bootstrap/inventory/mod.ts";
import type { FileChange, HistoryEntry } from "../../node/mod.ts";
import type { DefineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { openCluster } from "../open-cluster.ts";
import { printFailure } from "../output/print-failure.ts";
import { printProblems } from "../output/print-problems.ts";
import { createProgress } from "../output/progress.ts";

/** More changed files of a generation are a count; --verbose lists them. */
const MOST_FILES = 6;

export const define: DefineCommand = (root, context) => {
  root.argument("[node...]", "only these nodes").action(async (names) => {
    const { cluster, ports } = await openCluster(context, { update: false });
    printProblems(cluster.problems, context);
    const progress = createProgress(context, { quiet: true });
    const results = await eachSession(
      selectManaged(cluster, names),
      { parallelism: cluster.settings.parallelism, lock: false },
      ports,
      progress.onEvent,
      (session) => session.request("history", {}),
    ).finally(progress.done);
    for (const { machine, result } of results) {
      if (!result.ok) {
        context.exitCode = EXIT.FAILED;
        printFailure(result.error, context);
        continue;
      }
      const { generations } = result.value;
      if (context.json) context.out.json({ kind: "history", node: machine.name, generations });
      else {
        const lines = describeHistory(machine.name, generations, { all: context.verbose });
        for (const line of lines) context.out.line(line);
      }
    }
  });
};

/** The lines of one node, the newest generation first; `*` is the current one. */
export function describeHistory(
  node: string,
  generations: readonly HistoryEntry[],
  { all }: { readonly all: boolean },
): string[] {
  if (generations.length === 0) return [`${node}: not made by nodewright yet`];
  const width = String(generations[0]?.id ?? "").length;
  return [
    `${node}:`,
    ...generations.flatMap((entry) => [
      `${entry.isCurrent ? "*" : " "} ${String(entry.id).padStart(width)}  ${whatItIs(entry)}`,
      ...changeLines(entry, all).map((line) => `${" ".repeat(width + 4)}${line}`),
    ]),
  ];
}

function whatItIs(entry: HistoryEntry): string {
  const when = new Date(entry.startedAtMs).toISOString().replace(/\.\d+Z$/, "Z");
  const state = {
    good: entry.isKept || entry.isCurrent ? "good" : "good, contents no longer kept",
    failed: "failed and rolled back",
    applying: "interrupted",
  }[entry.state];
  const from = entry.base === null ? "first" : `from ${entry.base}`;
  return `${when}  ${state}, ${from}, by nodewright ${entry.toolVersion}`;
}

function changeLines({ error, changes }: HistoryEntry, all: boolean): string[] {
  const why = error?.split("\n")[0];
  const lines = why === undefined ? [] : [why];
  if (changes === null) return lines;
  if (!all && changes.length > MOST_FILES) return [...lines, `${changes.length} files`];
  return [...lines, ...changes.map(changeLine)];
}

function changeLine({ path, from, to }: FileChange): string {
  if (from === null) return `+ ${path}`;
  if (to === null) return `- ${path}`;
  return from === to ? `~ ${path}` : `~ ${path}: ${from} -> ${to}`;
}
