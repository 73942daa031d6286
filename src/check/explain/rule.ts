/** What a page of a rule is made from; the rules of `nodewright check` have this shape. */
export interface ExplainedRule {
  /** `NW-A01`. */
  readonly id: string;
  readonly severity: "error" | "warning";
  readonly title: string;
  /** The files and facts that it looks at. */
  readonly places: readonly string[];
  readonly symptom: string;
  readonly why: string;
  readonly fix: string;
  /** What it needs to be judged: files alone, the machine, the API server, pods. */
  readonly stage: string;
  /** Versions of components for which it holds; absent for all. */
  readonly holds?: readonly {
    readonly component: string;
    readonly since?: string;
    readonly until?: string;
  }[];
  /** The symptom was seen on a real machine; false where it could not be provoked. */
  readonly provoked?: boolean;
}

/** `NW-A01` for `nw-a1`, `A01` and the like; undefined where it is no rule's id. */
export function ruleId(word: string): string | undefined {
  const match = /^(?:NW-?)?([A-Z])-?(\d{1,2})$/i.exec(word);
  if (match === null) return undefined;
  return `NW-${match[1]?.toUpperCase()}${match[2]?.padStart(2, "0")}`;
}
