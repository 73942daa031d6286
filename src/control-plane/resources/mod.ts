/**
 * The kinds that the API server serves, as one table. Pure.
 *
 * @module
 */
export { bodyDefinition, findKind, KINDS, kindOf } from "./kinds.ts";
export {
  groupVersion,
  type ResourceKind,
  type SubresourceKind,
  singular,
  type Verb,
} from "./resource-kind.ts";
