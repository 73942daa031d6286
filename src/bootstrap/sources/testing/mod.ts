/**
 * Cases of rules as small file trees, laid over a sound cluster directory. For tests.
 *
 * @module
 */
export { type Followed, followEdits, followWords } from "./apply-advice.ts";
export { BASE_API, BASE_HOST, CASE_MACHINES, CASE_TIME } from "./base-facts.ts";
export { type CaseTree, describeFinding, judgeCase, replacing, subjectOf } from "./case-tree.ts";
export { type EffectiveRow, expectRow } from "./effective-row.ts";
export { makeOriginDirectory, ORIGIN_VERSIONS } from "./origin-directory.ts";
export { RuleCases } from "./rule-case.ts";
