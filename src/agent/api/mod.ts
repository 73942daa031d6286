/**
 * Pods as the agent holds them: the API's own types, with an identity that is always there, and the
 * questions that every part asks of a spec.
 *
 * @module
 */
export * from "./pod.ts";
export {
  type AccessReview,
  API,
  type ApiObject,
  type ResourceClaim,
  type RuntimeClass,
  type TokenRequest,
  type TokenReview,
} from "./resources.ts";
