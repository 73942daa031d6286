import { UsageError } from "../../base/mod.ts";
import { mend, type Texts } from "../../check/fix/mod.ts";
import {
  type CheckReport,
  CIS_RULES,
  check,
  RULES,
  type Rule,
  type RuleId,
} from "../../check/mod.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { ruleOption, wordOption } from "../option-parsers.ts";
import { printError } from "../output/print-error.ts";
import type { CheckTarget } from "./check-target.ts";
import { findTarget, type TargetOptions } from "./find-target.ts";
import { writeMended } from "./fix-files.ts";
import { printItems } from "./print-items.ts";
import { FORMATS, printReport } from "./print-report.ts";

/**
 * `nodewright check [DIR|NODE...]`: what contradicts what, in the directory or on nodes as they run.
 */
export const define: DefineCommand = (command, context) => {
  command
    .argument("[dir-or-node...]", "a cluster directory, or nodes to look at as they run")
    .option("--format <format>", "text, json (as --json) or sarif", wordOption(FORMATS))
    .option("--rule <id...>", "only these rules", ruleOption)
    .option(
      "--profile <name>",
      "cis: the worker node's items of the CIS Kubernetes Benchmark, in place of the rules",
      wordOption(["cis"]),
    )
    .option("--severity <least>", "error: no warnings", wordOption(["error", "warning"]))
    .option("--fix", "fix what needs no decision; shows the diff and asks first")
    .option("--yes", "with --fix: do not ask")
    .option("--root <dir>", "a node's file system: a backup, an image; / is this machine itself")
    .option(
      "--from <dir>",
      "a cluster directory that the nodes run now: judge the step from it, too",
    )
    .option("--kubeconfig <file>", "ask the API server, too; for nodes by default admin.kubeconfig")
    .action(async (targets, options) => {
      const format = options.format ?? (context.json ? "json" : "text");
      const rules = options.profile === undefined ? RULES : CIS_RULES;
      if (options.profile !== undefined && (options.fix ?? options.rule) !== undefined) {
        throw new UsageError("Cannot use --profile together with --fix or --rule", {
          fix: "Give --profile alone: each of its items says what to do",
        });
      }
      const target = await findTarget(targets, options, context);
      const report = options.fix
        ? await fixed(target, targets, options, context)
        : judge(target, { ...options, rules });
      const isNamed = options.rule !== undefined;
      printReport(report, { format, target, context, rules, namesRules: isNamed });
      if (format === "text" && options.profile !== undefined) printItems(report, context);
      for (const failure of target.failures) printError(failure, context);
      if (target.failures.length > 0) context.exitCode = EXIT.FAILED;
      if (report.findings.some(({ severity }) => severity === "error")) {
        context.exitCode = EXIT.CHECKS_FOUND_ERRORS;
      }
    });
};

/** Mends what can be mended; the report is of what is left. */
async function fixed(
  target: CheckTarget,
  targets: readonly string[],
  options: Parameters<typeof judge>[1] & TargetOptions & { readonly yes?: true | undefined },
  context: CliContext,
): Promise<CheckReport> {
  const { subjectWith, read } = target;
  if (subjectWith === undefined) {
    throw new UsageError(
      "Cannot fix the files of a node: apply makes them from a cluster directory",
      {
        fix: "nodewright check --fix -C DIR, then nodewright apply",
      },
    );
  }
  const judgeTexts = async (texts: Texts): Promise<CheckReport> =>
    texts.size === 0
      ? judge(target, options)
      : judge({ ...target, subject: await subjectWith(texts) }, options);
  const mended = await mend({ read, judge: async (texts) => (await judgeTexts(texts)).findings });
  const count = await writeMended(mended, { read, isSure: options.yes === true, context });
  return count === 0
    ? judge(target, options)
    : judge(await findTarget(targets, options, context), options);
}

function judge(
  { subject, suppressions }: CheckTarget,
  {
    rule,
    severity,
    rules = RULES,
  }: {
    rule?: readonly RuleId[];
    severity?: "error" | "warning";
    rules?: readonly Rule[];
  },
): CheckReport {
  return check(rules, subject, {
    suppressions,
    ...(rule === undefined ? {} : { rules: new Set(rule) }),
    ...(severity === undefined ? {} : { severity }),
  });
}
