import { BENCHMARK, type CheckReport, CIS_RULES } from "../../check/mod.ts";
import type { CliContext } from "../context.ts";

/** Every item of the benchmark with its number and how it stands: `pass`, `FAIL`, `warn`, `not asked`. */
export function printItems(report: CheckReport, context: CliContext): void {
  context.out.line("");
  context.out.line(BENCHMARK);
  for (const { id, title } of CIS_RULES) {
    const found = report.findings.filter(({ rule }) => rule === id);
    const nodes = [...new Set(found.flatMap(({ node }) => node ?? []))];
    const skipped = report.notApplicable.find(({ rule }) => rule === id);
    const isFailed = found.some(({ severity }) => severity === "error");
    const state = found.length > 0 ? (isFailed ? "FAIL" : "warn") : skipped ? "not asked" : "pass";
    const where =
      found.length > 0 && nodes.length < report.nodes.length ? ` (${nodes.join(", ")})` : "";
    const why = state === "not asked" && skipped !== undefined ? `: ${skipped.reason}` : "";
    context.out.line(
      `  ${id.replace("CIS-", "").padEnd(7)} ${state.padEnd(9)}  ${title}${where}${why}`,
    );
  }
}
