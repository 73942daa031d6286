/**
 * What a change has to pass before it is stored, and what it gets on its way: the admission plugins
 * of Kubernetes that a lab needs.
 *
 * @module
 */
import type { Admission } from "../../api/mod.ts";
import { podSecurityAdmission } from "../pod-security/mod.ts";
import type { Authorizer, ObjectSource } from "../request/mod.ts";
import { certificateRequests } from "./certificate-requests.ts";
import { escalationAdmission } from "./escalation.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { nodeTaintAdmission, priorityAdmission, tolerationsAdmission } from "./pod-defaults.ts";
import { serviceAccountAdmission } from "./service-account.ts";

/** All admissions in their order. */
export function admissions(deps: {
  readonly objects: ObjectSource;
  readonly authorizer: Authorizer;
  readonly now: () => number;
}): readonly Admission[] {
  const { objects, authorizer, now } = deps;
  return [
    serviceAccountAdmission(objects),
    nodeRestriction(objects),
    nodeTaintAdmission,
    priorityAdmission(objects),
    tolerationsAdmission,
    podSecurityAdmission(objects),
    certificateRequests(authorizer, now),
    escalationAdmission(deps),
  ];
}
