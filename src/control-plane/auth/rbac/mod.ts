/**
 * Role based access control: which rules bindings give a user, what they allow, and that nobody
 * gives away more than he has.
 *
 * @module
 */
export { aggregatedRules, planAggregation } from "./aggregate.ts";
export { describeRules, uncoveredRules } from "./covers.ts";
export {
  type EscalationDeps,
  judgeBindingWrite,
  judgeRoleWrite,
  type RoleWrite,
} from "./escalation.ts";
export { type DefaultPolicy, defaultPolicy, ruleOf, SYSTEM_ROLES } from "./policy/mod.ts";
export { type PolicyWrite, planPolicy } from "./policy-plan.ts";
export { RbacAuthorizer } from "./rbac-authorizer.ts";
export { ruleAllows } from "./rule.ts";
export { grantedRules, rulesFor } from "./rule-resolver.ts";
