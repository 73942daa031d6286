import { type Problem, ProblemsError } from "../../base/mod.ts";
import { type Cluster, isWorker, type Machine } from "../../bootstrap/inventory/mod.ts";
import type { RenderedNode } from "../../bootstrap/render/mod.ts";
import type { CollectedNode } from "../../bootstrap/sources/machine/mod.ts";
import { DirectorySource, directorySubject, inputOf } from "../../bootstrap/sources/mod.ts";
import { type CheckReport, check, FactDeriver, RULES, type RuleId } from "../../check/mod.ts";
import { groupFindings, toProblem } from "../../check/report/mod.ts";
import type { CliContext } from "../context.ts";
import type { renderFiles } from "../render-files.ts";

/** Rules that judge a step from what runs to what would run. */
const STEP_RULES = new Set(
  RULES.filter(
    ({ scope, needs, uses }) =>
      scope === "node" && [...needs, ...uses].some((name) => name === "previous"),
  ).map(({ id }) => id),
);

/**
 * Stops at errors that `check` finds in the directory's files, before a machine is asked for
 * anything; says what is allowed, and how many warnings there are.
 */
export function checkFiles(
  cluster: Cluster,
  machines: readonly Machine[],
  options: {
    readonly rendered: ReturnType<typeof renderFiles>;
    readonly allow: readonly RuleId[];
    readonly context: CliContext;
  },
): void {
  const { rendered, allow, context } = options;
  const subject = directorySubject(cluster, machines.filter(isWorker), {
    now: new Date(),
    rendered,
  });
  const report = check(RULES, subject, { suppressions: cluster.settings.ignoredFindings });
  const { refused, allowed, warnings } = sorted(report, allow);
  if (refused.length > 0) {
    throw new ProblemsError(
      `Cannot continue: check finds errors in the files of ${cluster.dir}`,
      refused,
      {
        kind: "checks",
        fix: "nodewright check shows their lines; --allow RULE goes on in spite of one",
      },
    );
  }
  for (const { message } of allowed) context.out.note(`allowed: ${message}`);
  if (warnings > 0 && !context.json) {
    const noun = warnings === 1 ? "warning" : "warnings";
    context.out.note(`check: ${warnings} ${noun} (nodewright check shows them)`);
  }
}

function sorted(report: CheckReport, allow: readonly RuleId[]) {
  const groups = groupFindings(report.findings);
  const errors = groups.filter(({ finding }) => finding.severity === "error");
  const isAllowed = (rule: RuleId): boolean => allow.includes(rule);
  return {
    refused: errors.filter(({ finding }) => !isAllowed(finding.rule)).map(toProblem),
    allowed: errors.filter(({ finding }) => isAllowed(finding.rule)).map(toProblem),
    warnings: groups.length - errors.length,
  };
}

/** Judges the step of one node from what it runs, as it has told of itself, to what is rendered. */
export function createStepJudge(cluster: Cluster, allow: readonly RuleId[]) {
  return (
    machine: Machine,
    rendered: RenderedNode,
    collected: CollectedNode,
  ): readonly Problem[] => {
    if (!isWorker(machine)) return [];
    const now = new Date();
    const input = inputOf(collected, { aheadMs: null });
    const previous = new FactDeriver().derive({ ...input, name: machine.name, now });
    const source = new DirectorySource(cluster, { now });
    const node = source.node(machine, rendered, { versions: rendered.versions, previous });
    const report = check(RULES, source.subject([node]), {
      rules: STEP_RULES,
      suppressions: cluster.settings.ignoredFindings,
    });
    return groupFindings(report.findings).map((group) => {
      const problem = toProblem(group);
      return allow.includes(group.finding.rule) ? { ...problem, severity: "warning" } : problem;
    });
  };
}
