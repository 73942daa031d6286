import type { FileChange, HistoryEntry } from "../../node/mod.ts";
import { askNodes } from "../ask-nodes.ts";
import type { DefineCommand } from "../command.ts";

/** More changed files of a generation are a count; --verbose lists them. */
const MOST_FILES = 6;

export const define: DefineCommand = (root, context) => {
  root.argument("[node...]", "only these nodes").action(async (names) => {
    for await (const { node, answer } of askNodes(context, names, "history")) {
      const { generations } = answer;
      if (context.json) context.out.json({ kind: "history", node, generations });
      else {
        const lines = describeHistory(node, generations, { all: context.verbose });
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
