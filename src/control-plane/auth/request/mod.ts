/**
 * Who asks for what, and the stored objects that answers depend on: the words that authentication,
 * authorization and admission share.
 *
 * @module
 */
export {
  type Attributes,
  type Authorizer,
  combinedResource,
  type Decision,
  firstAllowing,
  forbiddenMessage,
  type PathAttributes,
  type ResourceAttributes,
  requiredFields,
  resourceAttributes,
} from "./attributes.ts";
export type { ObjectSource, Stored, StoredKinds } from "./object-source.ts";
export {
  ANONYMOUS,
  authenticated,
  EXTRA,
  GROUP,
  isSuperuser,
  nodeIdentity,
  parseServiceAccountUsername,
  serviceAccountGroups,
  serviceAccountUsername,
  type UserInfo,
} from "./user-info.ts";
