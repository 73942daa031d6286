/**
 * What a change has to pass before it is stored, and what it gets on its way: the admission plugins
 * of Kubernetes that a lab needs.
 *
 * @module
 */
import type { Admission } from "../../api/mod.ts";
import { podSecurityAdmission } from "../pod-security/mod.ts";
import type { Authorizer } from "../request/mod.ts";
import { certificateRequests } from "./certificate-requests.ts";
import { defaultClassAdmission, runtimeClassAdmission } from "./default-classes.ts";
import { escalationAdmission } from "./escalation.ts";
import { limitDefaults, limitRanges } from "./limit-ranger.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { nodeTaintAdmission, priorityAdmission, tolerationsAdmission } from "./pod-defaults.ts";
import { type QuotaDeps, resourceQuotaAdmission } from "./resource-quota.ts";
import { serviceAccountAdmission } from "./service-account.ts";

/** All admissions in their order. */
export function admissions(
  deps: QuotaDeps & { readonly authorizer: Authorizer },
): readonly Admission[] {
  const { objects, authorizer, now } = deps;
  return [
    limitDefaults(objects),
    serviceAccountAdmission(objects),
    nodeRestriction(objects),
    nodeTaintAdmission,
    priorityAdmission(objects),
    tolerationsAdmission,
    runtimeClassAdmission(objects),
    defaultClassAdmission(objects),
    podSecurityAdmission(objects),
    certificateRequests(authorizer, now),
    escalationAdmission(deps),
    limitRanges(objects),
    resourceQuotaAdmission(deps),
  ];
}
