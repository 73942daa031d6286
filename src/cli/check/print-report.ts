import { relative } from "node:path";
import { VERSION } from "../../base/mod.ts";
import { type CheckReport, RULES, type Rule } from "../../check/mod.ts";
import { formatReport, toJson, toSarif } from "../../check/report/mod.ts";
import type { CliContext } from "../context.ts";
import type { CheckTarget } from "./check-target.ts";

export const FORMATS = ["text", "json", "sarif"] as const;
export type ReportFormat = (typeof FORMATS)[number];

/** Prints a report on standard output. */
export function printReport(
  report: CheckReport,
  options: {
    readonly format: ReportFormat;
    readonly target: Pick<CheckTarget, "read" | "nameOf" | "failures">;
    readonly context: CliContext;
    /** The rules that were asked; by default all of nodewright's own. */
    readonly rules?: readonly Rule[];
    /** Who asks for certain rules wants to know why one has no answer. */
    readonly namesRules?: boolean;
  },
): void {
  const { format, target, context, rules = RULES } = options;
  const { read, nameOf, failures } = target;
  if (format === "json") context.out.json({ kind: "check", ...toJson(report) });
  else if (format === "sarif") {
    const uriOf = (file: string): string => relative(context.process.cwd, nameOf(file)) || file;
    const messages = failures.map(({ message }) => message);
    const log = toSarif(report, { rules, version: VERSION, uriOf, failures: messages });
    context.out.line(JSON.stringify(log));
  } else {
    const color = context.color && context.process.stdout.isTTY === true;
    const isVerbose = context.verbose || options.namesRules === true;
    const lines = formatReport(report, {
      ...{ read, nameOf, color, isVerbose },
      isPartial: failures.length > 0,
    });
    for (const line of lines) context.out.line(line);
  }
}
