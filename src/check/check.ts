import type { CheckSubject, ClusterFactMap } from "./facts/cluster-facts.ts";
import type { NodeFactMap, NodeFacts } from "./facts/node-facts.ts";
import type { CheckReport, Finding, Found, NotApplicable, RuleId, Suppressed } from "./finding.ts";
import { whyMissing, whyOutside } from "./not-applicable.ts";
import { onCommandLine } from "./on-command-line.ts";
import type { Answer, ClusterRule, NodeRule, Rule } from "./rule.ts";
import { unreadFiles } from "./unread.ts";

/** A finding that is known and accepted, from nodewright.yaml. */
export interface Suppression {
  readonly rule: RuleId;
  readonly reason: string;
  /** Absent: on all nodes. */
  readonly nodes?: readonly string[];
}

export interface CheckOptions {
  /** Only these rules; absent: all. */
  readonly rules?: ReadonlySet<RuleId>;
  /** "error": warnings are left out. */
  readonly severity?: "error" | "warning";
  readonly suppressions?: readonly Suppression[];
}

/**
 * Holds every rule against the facts. Pure: the same facts give the same report. A rule whose facts
 * are not there is among `notApplicable` with the reason, for each node.
 */
export function check(
  rules: readonly Rule[],
  subject: CheckSubject,
  options: CheckOptions = {},
): CheckReport {
  const asked = rules.filter(({ id }) => options.rules?.has(id) ?? true);
  const collected = new Collector(subject);
  for (const rule of asked) {
    if (rule.scope === "cluster") collected.askCluster(rule);
    else collected.askNodes(rule);
  }
  return collected.report(asked, options);
}

class Collector {
  readonly #subject: CheckSubject;
  readonly #findings: Finding[] = [];
  readonly #notApplicable: NotApplicable[] = [];
  readonly #applied = new Set<RuleId>();

  constructor(subject: CheckSubject) {
    this.#subject = subject;
  }

  askCluster(rule: ClusterRule): void {
    const { now, nodes, inventory, api } = this.#subject;
    const all: Partial<ClusterFactMap> = {
      now,
      nodes,
      ...(inventory === undefined ? {} : { inventory }),
      ...(api === undefined ? {} : { api }),
    };
    const missing = rule.needs.find((name) => all[name] === undefined);
    if (missing === undefined) this.#take(rule, rule.check(all), undefined);
    else this.#skip(rule, whyMissing(missing), undefined);
  }

  /** Nodes whose facts are the very same objects get the same answer without being asked again. */
  askNodes(rule: NodeRule): void {
    const names = [...rule.needs, ...rule.uses];
    const answers = new AnswerMemo();
    for (const node of this.#subject.nodes) {
      const missing = rule.needs.find((name) => node[name] === undefined);
      const outside = whyOutside(rule, node.versions);
      if (missing !== undefined) this.#skip(rule, whyMissing(missing), node.name);
      else if (outside !== undefined) this.#skip(rule, outside, node.name);
      else {
        const values = names.map((name) => node[name]);
        const answer = answers.get(values, () =>
          onCommandLine(rule.check(pick(node, names)), node),
        );
        this.#take(rule, answer, node.name);
      }
    }
  }

  #skip(rule: Rule, reason: string, node: string | undefined): void {
    this.#notApplicable.push({ rule: rule.id, reason, ...(node === undefined ? {} : { node }) });
  }

  #take(rule: Rule, answer: Answer, node: string | undefined): void {
    if ("unknown" in answer) {
      this.#skip(rule, answer.unknown, node);
      return;
    }
    this.#applied.add(rule.id);
    for (const found of answer) this.#findings.push(toFinding(rule, found, node));
  }

  report(asked: readonly Rule[], { suppressions = [], severity }: CheckOptions): CheckReport {
    const findings: Finding[] = [];
    const suppressed: Suppressed[] = [];
    for (const finding of this.#findings.toSorted(byPlace)) {
      if (severity === "error" && finding.severity !== "error") continue;
      const reason = suppressions.find((one) => covers(one, finding))?.reason;
      if (reason === undefined) findings.push(finding);
      else suppressed.push({ finding, reason });
    }
    return {
      nodes: this.#subject.nodes.map(({ name }) => name),
      findings,
      notApplicable: this.#notApplicable,
      suppressed,
      unread: unreadFiles(asked, this.#subject.nodes, this.#notApplicable),
      rulesApplied: this.#applied.size,
    };
  }
}

function pick(node: NodeFacts, names: readonly (keyof NodeFactMap)[]): Partial<NodeFactMap> {
  const entries = names.flatMap((name) => (node[name] === undefined ? [] : [[name, node[name]]]));
  // cast: fromEntries loses which value belongs to which name.
  return Object.fromEntries(entries) as Partial<NodeFactMap>;
}

function toFinding(rule: Rule, found: Found, node: string | undefined): Finding {
  const concerned = found.node ?? node;
  return {
    rule: rule.id,
    severity: found.severity ?? rule.severity,
    title: rule.title,
    ...(concerned === undefined ? {} : { node: concerned }),
    message: found.message,
    locations: found.locations,
    fix: found.fix ?? rule.fix,
    ...(found.edits === undefined ? {} : { edits: found.edits }),
  };
}

function covers({ rule, nodes }: Suppression, finding: Finding): boolean {
  if (rule !== finding.rule) return false;
  return nodes === undefined || (finding.node !== undefined && nodes.includes(finding.node));
}

/** Errors first, then by rule and node: the same order in every run. */
function byPlace(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return a.severity === "error" ? -1 : 1;
  return a.rule.localeCompare(b.rule) || (a.node ?? "").localeCompare(b.node ?? "");
}

/** Answers by the identity of the facts they were made of. */
class AnswerMemo {
  readonly #root: MemoLevel = new Map();

  get(values: readonly unknown[], make: () => Answer): Answer {
    let level = this.#root;
    for (const value of values) {
      let next = level.get(value);
      if (next === undefined) {
        next = new Map();
        level.set(value, next);
      }
      level = next;
    }
    level.answer ??= make();
    return level.answer;
  }
}

interface MemoLevel extends Map<unknown, MemoLevel> {
  answer?: Answer;
}
