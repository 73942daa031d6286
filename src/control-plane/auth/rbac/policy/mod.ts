/**
 * The roles and bindings that a cluster begins with, as tables.
 *
 * @module
 */
export { type DefaultPolicy, defaultPolicy } from "./default-policy.ts";
export { ruleOf } from "./rule-text.ts";
export { SYSTEM_ROLES } from "./system-roles.ts";
