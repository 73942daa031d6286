/**
 * A check's report for people, for programs, and for viewers of code (SARIF 2.1.0).
 *
 * @module
 */
export { type FindingGroup, groupFindings } from "./group-findings.ts";
export { toJson } from "./json.ts";
export type { ReadText } from "./quote.ts";
export { ruleIndex, rulePage } from "./rule-page.ts";
export { type SarifOptions, toSarif } from "./sarif.ts";
export { formatReport, type TextOptions } from "./text.ts";
export { toProblem } from "./to-problem.ts";
