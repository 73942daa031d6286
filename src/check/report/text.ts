import { formatLocation, oneLine } from "../../base/mod.ts";
import type { CheckReport, NotApplicable, Unread } from "../finding.ts";
import { type FindingGroup, fixFor, groupFindings } from "./group-findings.ts";
import { Quoter, type ReadText } from "./quote.ts";

export interface TextOptions {
  readonly read: ReadText;
  /** How files are called where the report is read; by default as they are. */
  readonly nameOf?: (file: string) => string;
  readonly color: boolean;
  /** List every rule that could not be checked, instead of their number. */
  readonly isVerbose: boolean;
  /** Nodes or files could not be read: where nothing was found, that is not all. */
  readonly isPartial?: boolean;
}

const MAX_NODES_NAMED = 4;
/** Findings of one rule that are shown in full; more of them help nobody, and can be thousands. */
const MAX_OF_RULE = 20;

/** A report for people: grouped by the nodes concerned, each place quoted; lines without ends. */
export function formatReport(report: CheckReport, options: TextOptions): readonly string[] {
  const paint = painter(options.color);
  const lines: string[] = report.unread.flatMap((one) => formatUnread(one, options, paint));
  if (lines.length > 0) lines.push("");
  const groups = inOrderOfNodes(groupFindings(report.findings));
  const { shown, more } = options.isVerbose ? { shown: groups, more: [] } : capped(groups);
  const quoter = new Quoter(options.read);
  let heading = "";
  for (const group of shown) {
    const title = describeNodes(group.nodes, report.nodes);
    if (title !== heading) lines.push(...(heading === "" ? [] : [""]), paint("bold", title));
    else lines.push("");
    heading = title;
    lines.push(...formatFinding(group, { ...options, quoter }, paint).map((line) => `  ${line}`));
  }
  if (heading !== "") lines.push("");
  for (const [rule, count] of more) {
    lines.push(`and ${plural(count, "further finding")} of ${rule} (-v shows all)`);
  }
  lines.push(...formatSuppressed(report, paint));
  if (options.isVerbose) lines.push(...formatNotApplicable(report.notApplicable));
  lines.push(...summary(report, options));
  return lines;
}

function formatUnread(
  { path, location, nodes, rules, fix }: Unread,
  { nameOf = (file) => file }: TextOptions,
  paint: Paint,
): readonly string[] {
  const count = plural(rules.length, "rule");
  const at = location && formatLocation({ ...location, file: nameOf(location.file) });
  return [
    `${paint("yellow", "not asked")} ${count}: ${oneLine(path)} is not here (${describeNodes(nodes, nodes)})`,
    ...(at === undefined ? [] : [`  at ${at}`]),
    ...wrapped(rules).map((line) => `  ${line}`),
    `  fix: ${fix}`,
  ];
}

/** Rules in lines of a dozen. */
function wrapped(rules: readonly string[]): readonly string[] {
  const lines = Math.ceil(rules.length / 12);
  return Array.from({ length: lines }, (_, i) => rules.slice(i * 12, i * 12 + 12).join(" "));
}

/** Findings of the same nodes stand together; those of more nodes first. */
function inOrderOfNodes(groups: readonly FindingGroup[]): readonly FindingGroup[] {
  const rank = ({ nodes }: FindingGroup): number =>
    nodes.length === 0 ? Number.POSITIVE_INFINITY : nodes.length;
  return groups.toSorted(
    (a, b) => rank(b) - rank(a) || a.nodes.join(" ").localeCompare(b.nodes.join(" ")),
  );
}

/** The first findings of each rule, and how many there are besides. */
function capped(groups: readonly FindingGroup[]): {
  readonly shown: readonly FindingGroup[];
  readonly more: readonly (readonly [rule: string, count: number])[];
} {
  const counts = new Map<string, number>();
  const shown = groups.filter(({ finding: { rule } }) => {
    const count = (counts.get(rule) ?? 0) + 1;
    counts.set(rule, count);
    return count <= MAX_OF_RULE;
  });
  const more = [...counts]
    .filter(([, count]) => count > MAX_OF_RULE)
    .map(([rule, count]) => [rule, count - MAX_OF_RULE] as const);
  return { shown, more };
}

function describeNodes(nodes: readonly string[], all: readonly string[]): string {
  if (nodes.length === 0) return "cluster";
  if (nodes.length === all.length && all.length > 1) return `all ${all.length} nodes`;
  if (nodes.length <= MAX_NODES_NAMED) return nodes.join(", ");
  const rest = nodes.length - MAX_NODES_NAMED + 1;
  return `${nodes.slice(0, MAX_NODES_NAMED - 1).join(", ")} and ${rest} others`;
}

function formatFinding(
  { finding, nodes }: FindingGroup,
  { quoter, nameOf = (file) => file }: TextOptions & { readonly quoter: Quoter },
  paint: Paint,
): readonly string[] {
  const { severity, rule, message, locations, fix, edits } = finding;
  const word = paint(severity === "error" ? "red" : "yellow", severity);
  return [
    `${word} ${rule}: ${oneLine(message)}`,
    ...locations.flatMap((at) => [
      `  at ${formatLocation({ ...at, file: nameOf(at.file) })}`,
      ...quoter.quote(at).map((line) => paint("dim", line)),
    ]),
    ...fixFor(fix, nodes)
      .split("\n")
      .map((line, i) => `${i === 0 ? "  fix: " : "       "}${line}`),
    ...(edits === undefined || edits.length === 0
      ? []
      : ["       (nodewright check --fix does it)"]),
  ];
}

function formatSuppressed({ suppressed }: CheckReport, paint: Paint): readonly string[] {
  if (suppressed.length === 0) return [];
  const lines = groupFindings(suppressed.map(({ finding }) => finding)).map(
    ({ finding, nodes }) => {
      const where = nodes.length === 0 ? "" : ` (${nodes.join(", ")})`;
      const reason = suppressed.find((one) => one.finding === finding)?.reason ?? "";
      return paint("dim", `  ${finding.rule}: ${oneLine(finding.message)}${where}: ${reason}`);
    },
  );
  return ["not reported, as nodewright.yaml says", ...lines, ""];
}

function formatNotApplicable(all: readonly NotApplicable[]): readonly string[] {
  const byReason = new Map<string, Map<string, string[]>>();
  for (const { rule, reason, node } of all) {
    const rules = byReason.get(reason) ?? new Map<string, string[]>();
    byReason.set(reason, rules);
    const nodes = rules.get(rule) ?? [];
    rules.set(rule, nodes);
    if (node !== undefined) nodes.push(node);
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(
    ([reason, rules]) => `  ${[...rules.keys()].join(" ")}: ${reason}`,
  );
  return ["not applicable", ...lines, ""];
}

function summary(
  report: CheckReport,
  { isVerbose, isPartial = false }: TextOptions,
): readonly string[] {
  const groups = groupFindings(report.findings);
  const errors = groups.filter(({ finding }) => finding.severity === "error").length;
  const found =
    groups.length === 0
      ? `No problems${isPartial ? " in what could be read (the errors name the rest)" : ""}`
      : `${plural(errors, "error")}, ${plural(groups.length - errors, "warning")}`;
  const skipped = skippedEverywhere(report).length;
  const hint = isVerbose ? "" : " (-v lists them)";
  const needs = skipped === 1 ? "needs" : "need";
  const rest =
    skipped === 0 ? "" : `, ${skipped} ${needs} a running node, versions or other files${hint}`;
  // Items of a benchmark have no page of their own.
  const own = groups.filter(({ finding }) => finding.rule.startsWith("NW-"));
  const rule = own.find(({ finding }) => finding.severity === "error") ?? own[0];
  return [
    ...(rule === undefined ? [] : [`More about a rule: nodewright explain ${rule.finding.rule}`]),
    `${found}: ${plural(report.nodes.length, "node")}, ${plural(report.rulesApplied, "rule")} checked${rest}`,
  ];
}

/** Rules that could be checked on no node. */
function skippedEverywhere({ notApplicable, nodes }: CheckReport): readonly string[] {
  const counts = new Map<string, number>();
  for (const { rule, node } of notApplicable) {
    counts.set(rule, (counts.get(rule) ?? 0) + (node === undefined ? nodes.length : 1));
  }
  return [...counts].filter(([, count]) => count >= nodes.length).map(([rule]) => rule);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

type Paint = (style: "bold" | "dim" | "red" | "yellow", text: string) => string;

/** ECMA-48 SGR codes, or the text as it is. */
function painter(color: boolean): Paint {
  const codes = { bold: 1, dim: 2, red: 31, yellow: 33 } as const;
  return (style, text) => (color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}
