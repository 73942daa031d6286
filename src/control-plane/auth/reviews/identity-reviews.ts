import type { ReviewHandler } from "../../api/mod.ts";
import { listAt, objectAt, refusals, textAt } from "../../objects/mod.ts";
import type { RequestAuthenticator } from "../identity/mod.ts";
import { rulesFor } from "../rbac/mod.ts";
import { nodeIdentity, type ObjectSource } from "../request/mod.ts";
import { texts, userToJson } from "./review-user.ts";

/** TokenReview: whose token is it, and is it for one of these audiences? */
export function tokenReview(authenticator: RequestAuthenticator): ReviewHandler {
  return async ({ object }) => {
    const spec = objectAt(object, "spec");
    const token = textAt(spec, "token");
    if (token === "")
      throw refusals.badRequest("token is required for TokenReview in authentication");
    const audiences = texts(listAt(spec, "audiences"));
    const found = authenticator.identifyToken(
      token,
      audiences.length === 0 ? undefined : audiences,
    );
    const status = found.ok
      ? {
          authenticated: true,
          user: userToJson(found.value.user),
          audiences: [...found.value.audiences],
        }
      : { user: {}, error: found.error };
    return { ...object, status };
  };
}

/** SelfSubjectReview: who is the caller? */
export const selfSubjectReview: ReviewHandler = async ({ object, user }) => ({
  ...object,
  status: { userInfo: userToJson(user) },
});

/** SelfSubjectRulesReview: what may the caller do in a namespace? A node's rights cannot be listed. */
export function selfSubjectRulesReview(objects: ObjectSource): ReviewHandler {
  return async ({ object, user }) => {
    const namespace = textAt(object, "spec", "namespace");
    if (namespace === "") throw refusals.badRequest("no namespace on request");
    const rules = rulesFor(objects, user, namespace);
    const isNode = nodeIdentity(user) !== undefined;
    const resourceRules = rules
      .filter(({ resources = [] }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        ...(apiGroups === undefined ? {} : { apiGroups }),
        ...(resources === undefined ? {} : { resources }),
        ...(resourceNames === undefined ? {} : { resourceNames }),
      }));
    const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
      nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
    );
    const error = isNode
      ? { evaluationError: "node authorizer does not support user rule resolution" }
      : {};
    return { ...object, status: { resourceRules, nonResourceRules, incomplete: isNode, ...error } };
  };
}
