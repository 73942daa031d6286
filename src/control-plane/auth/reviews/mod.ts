/**
 * Requests that are answered and not stored: access, token and self reviews, and tokens of
 * ServiceAccounts.
 *
 * @module
 */
import type { ReviewHandler } from "../../api/mod.ts";
import type { RequestAuthenticator } from "../identity/mod.ts";
import { selfSubjectAccessReview, subjectAccessReview } from "./access-review.ts";
import { selfSubjectReview, selfSubjectRulesReview, tokenReview } from "./identity-reviews.ts";
import { type TokenRequestDeps, tokenRequest } from "./token-request.ts";

/** The handlers of all reviews, as the API server finds them. */
export function reviewHandlers(
  deps: TokenRequestDeps & { readonly authenticator: RequestAuthenticator },
): Readonly<Record<string, ReviewHandler>> {
  const { authorizer, objects, authenticator } = deps;
  return {
    "subjectaccessreviews.authorization.k8s.io": subjectAccessReview(authorizer),
    "localsubjectaccessreviews.authorization.k8s.io": subjectAccessReview(authorizer),
    "selfsubjectaccessreviews.authorization.k8s.io": selfSubjectAccessReview(authorizer),
    "selfsubjectrulesreviews.authorization.k8s.io": selfSubjectRulesReview(objects),
    "selfsubjectreviews.authentication.k8s.io": selfSubjectReview,
    "tokenreviews.authentication.k8s.io": tokenReview(authenticator),
    "serviceaccounts/token": tokenRequest(deps),
  };
}
