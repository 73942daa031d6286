import type { CheckReport, Finding } from "../finding.ts";
import { fixFor } from "./group-findings.ts";

/** A report for programs: `findings`, `notApplicable`, `suppressed`, each with the rule's id. */
export function toJson(report: CheckReport) {
  return {
    nodes: report.nodes,
    findings: report.findings.map(findingToJson),
    notApplicable: report.notApplicable,
    suppressed: report.suppressed.map(({ finding, reason }) => ({
      ...findingToJson(finding),
      reason,
    })),
    unread: report.unread,
    rulesApplied: report.rulesApplied,
  };
}

function findingToJson({ rule, severity, node, message, locations, fix, edits }: Finding) {
  return {
    rule,
    severity,
    node: node ?? null,
    message,
    locations,
    fix: fixFor(fix, node === undefined ? [] : [node]),
    isFixable: edits !== undefined && edits.length > 0,
  };
}
