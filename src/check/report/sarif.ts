import { createHash } from "node:crypto";
import type { SourceLocation } from "../../base/mod.ts";
import type { CheckReport } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { type FindingGroup, fixFor, groupFindings } from "./group-findings.ts";

export interface SarifOptions {
  readonly rules: readonly Rule[];
  readonly version: string;
  /** How a file is named in the log: a relative URI of the repository that shows it. */
  readonly uriOf: (file: string) => string;
  /** What kept nodes or files from being checked at all. */
  readonly failures?: readonly string[];
}

const SCHEMA =
  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** A report as a SARIF 2.1.0 log with one run; a finding that several nodes share is one result. */
export function toSarif(
  report: CheckReport,
  { rules, version, uriOf, failures = [] }: SarifOptions,
): unknown {
  const indexOf = new Map(rules.map((rule, index) => [rule.id, index]));
  const toResult = (group: FindingGroup, suppression?: string) => {
    const { finding, nodes } = group;
    const [first, ...related] = finding.locations.map((at) => locationOf(at, uriOf));
    const where = nodes.length === 0 ? "" : ` (${nodes.join(", ")})`;
    return {
      ruleId: finding.rule,
      ruleIndex: indexOf.get(finding.rule) ?? -1,
      level: finding.severity,
      message: { text: `${finding.message}${where}. ${fixFor(finding.fix, nodes)}` },
      // A viewer of code needs a place; what is of the machine is told at the inventory.
      locations: [first ?? locationOf({ file: "machines.txt", line: 1, column: 1 }, uriOf)],
      ...(related.length === 0
        ? {}
        : { relatedLocations: related.map((at, id) => ({ id: id + 1, ...at })) }),
      partialFingerprints: { "nodewright/v1": fingerprint(group) },
      ...(suppression === undefined
        ? {}
        : { suppressions: [{ kind: "external", justification: suppression }] }),
    };
  };
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "nodewright",
            semanticVersion: semantic(version),
            rules: rules.map(describe),
          },
        },
        invocations: [invocationOf(report, failures)],
        columnKind: "utf16CodeUnits",
        results: [
          ...groupFindings(report.findings).map((group) => toResult(group)),
          ...report.suppressed.map(({ finding, reason }) =>
            toResult({ finding, nodes: finding.node === undefined ? [] : [finding.node] }, reason),
          ),
        ],
      },
    ],
  };
}

/** A log without results is no clean bill where nodes or files could not be read: it says so. */
function invocationOf({ unread }: CheckReport, failures: readonly string[]) {
  return {
    executionSuccessful: failures.length === 0,
    toolExecutionNotifications: [
      ...failures.map((text) => ({ level: "error", message: { text } })),
      ...unread.map(({ path, nodes, rules, fix }) => ({
        level: "warning",
        message: {
          text: `${path} is missing (${nodes.join(", ")}): not checked: ${rules.join(" ")}. ${fix}`,
        },
      })),
    ],
  };
}

function describe(rule: Rule) {
  return {
    id: rule.id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: `${rule.symptom}\n\n${rule.fix}` },
    defaultConfiguration: { level: rule.severity },
  };
}

function locationOf({ file, line, column }: SourceLocation, uriOf: (file: string) => string) {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file).split("/").map(encodeURIComponent).join("/") },
      region: { startLine: line, startColumn: column },
    },
  };
}

/** The same for the same finding although lines move. */
function fingerprint({ finding, nodes }: FindingGroup): string {
  const files = finding.locations.map(({ file }) => file);
  const key = JSON.stringify([finding.rule, finding.message, files, nodes]);
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

function semantic(version: string): string {
  return /^\d+\.\d+\.\d+/.test(version) ? version : `0.0.0-${version}`;
}
