/**
 * The store of the API server as identities and rights see it, and what they keep in it: the default
 * policy and aggregated roles.
 *
 * @module
 */
export { chargeQuota } from "./charge-quota.ts";
export { ensurePolicy, followAggregation } from "./ensure-policy.ts";
export { followNodeGraph } from "./follow-graph.ts";
export { StoreObjects } from "./store-objects.ts";
