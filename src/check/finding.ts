import type { SourceLocation } from "../base/mod.ts";
import type { PlainValue } from "../config/mod.ts";

/** `NW-` and the number of a rule: a letter for the family, two digits; `CIS-` and the number of an item. */
export type RuleId = `NW-${string}` | `CIS-${string}`;
export type Severity = "error" | "warning";

/** A change of one value in one file that mends a finding without a decision of the user's. */
export interface Edit {
  /** The file as locations name it. */
  readonly file: string;
  /** The way to the value: keys and indexes; in a unit `["Service", "Type"]`. */
  readonly path: readonly (string | number)[];
  /** The new value; absent: the key goes. */
  readonly set?: PlainValue;
}

/** What a rule has found at one node or in the cluster. */
export interface Found {
  /** What contradicts what, with the values found; no final period. */
  readonly message: string;
  /** Both ends of a contradiction, the one to edit first. Empty where no file is concerned. */
  readonly locations: readonly SourceLocation[];
  /** What to do about this very case; without it the rule's own words are taken. */
  readonly fix?: string;
  /** What `check --fix` would do; absent where a person has to decide. */
  readonly edits?: readonly Edit[];
  /** Where a case is milder or worse than the rule usually is. */
  readonly severity?: Severity;
  /** The node concerned, where a rule over all nodes names one. */
  readonly node?: string;
}

/** A finding as it is reported. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly title: string;
  /** Absent where the cluster as a whole is concerned. */
  readonly node?: string;
  readonly message: string;
  readonly locations: readonly SourceLocation[];
  readonly fix: string;
  readonly edits?: readonly Edit[];
}

/** A rule that could not be asked: never the same as one that found nothing. */
export interface NotApplicable {
  readonly rule: RuleId;
  /** Absent where it is so for all nodes. */
  readonly node?: string;
  readonly reason: string;
}

/** A file that a program reads and that is not at hand, so that rules could not be asked. */
export interface Unread {
  /** A path on the node, as a flag names it or where such a file usually is. */
  readonly path: string;
  /** The flag that names it, where one does. */
  readonly location?: SourceLocation;
  readonly nodes: readonly string[];
  /** The rules that could not be asked for want of it. */
  readonly rules: readonly RuleId[];
  /** What would make them answerable. */
  readonly fix: string;
}

/** A finding that nodewright.yaml says not to report. */
export interface Suppressed {
  readonly finding: Finding;
  readonly reason: string;
}

/** Everything that one check gives. */
export interface CheckReport {
  /** Names of the nodes that were looked at. */
  readonly nodes: readonly string[];
  readonly findings: readonly Finding[];
  readonly notApplicable: readonly NotApplicable[];
  readonly suppressed: readonly Suppressed[];
  /** Files without which rules could not be asked: the report begins with them. */
  readonly unread: readonly Unread[];
  /** How many rules were asked and could answer at least once. */
  readonly rulesApplied: number;
}
