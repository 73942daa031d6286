/**
 * What objects use of a namespace's quotas, and what LimitRanges allow each of them. Pure; used where
 * changes are admitted and where quotas are counted.
 *
 * @module
 */

export { judgeQuotas, type QuotaChange, type QuotaVerdict } from "./judge-quotas.ts";
export { type LimitRange, limitBreaches, withLimitDefaults } from "./limit-range.ts";
export { matchesQuota } from "./quota-scopes.ts";
export {
  addLists,
  formatList,
  parseList,
  type ResourceList,
  type ResourceTexts,
} from "./resource-list.ts";
export { matchingNames, usageOf } from "./usage.ts";
