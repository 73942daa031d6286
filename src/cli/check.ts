import type { Command } from "@commander-js/extra-typings";
import { type CheckReport, check, RULES, type RuleId } from "../check/mod.ts";
import { type CheckTarget, findTarget } from "./check-target.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { ruleOption, wordOption } from "./option-parsers.ts";
import { printError } from "./print-error.ts";
import { FORMATS, printReport } from "./print-report.ts";

/**
 * `nodewright check [DIR|NODE...]`: what contradicts what, in the directory or on nodes as they run.
 */
export function define(command: Command, context: CliContext): void {
  command
    .argument("[dir-or-node...]", "a cluster directory, or nodes to look at as they run")
    .option("--format <format>", "text, json (as --json) or sarif", wordOption(FORMATS))
    .option("--rule <id...>", "only these rules", ruleOption)
    .option("--severity <least>", "error: no warnings", wordOption(["error", "warning"]))
    .option("--root <dir>", "a node's file system: a backup, an image; / is this machine itself")
    .option(
      "--from <dir>",
      "a cluster directory that the nodes run now: judge the step from it, too",
    )
    .option("--kubeconfig <file>", "ask the API server, too; for nodes by default admin.kubeconfig")
    .action(async (targets, options) => {
      const format = options.format ?? (context.json ? "json" : "text");
      const target = await findTarget(targets, options, context);
      const report = judge(target, options);
      printReport(report, { format, target, context });
      for (const failure of target.failures) printError(failure, context);
      if (target.failures.length > 0) context.exitCode = EXIT.FAILED;
      if (report.findings.some(({ severity }) => severity === "error")) {
        context.exitCode = EXIT.CHECKS_FOUND_ERRORS;
      }
    });
}

function judge(
  { subject, suppressions }: CheckTarget,
  { rule, severity }: { rule?: readonly RuleId[]; severity?: "error" | "warning" },
): CheckReport {
  return check(RULES, subject, {
    suppressions,
    ...(rule === undefined ? {} : { rules: new Set(rule) }),
    ...(severity === undefined ? {} : { severity }),
  });
}
