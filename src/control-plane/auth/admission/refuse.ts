import type { AdmissionRequest } from "../../api/mod.ts";
import { type ApiError, refusals } from "../../objects/mod.ts";

/** Whether a change is one of a resource itself, or of one of its subresources. */
export function isOn(
  { kind, subresource }: AdmissionRequest,
  resource: string,
  part = "",
): boolean {
  return resourceName(kind) === resource && subresource === part;
}

/** `pods`, `leases.coordination.k8s.io`. */
export function resourceName(kind: AdmissionRequest["kind"]): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** The refusal of a change, with its reason. */
export function forbid({ kind, name }: AdmissionRequest, why: string): ApiError {
  return refusals.forbidden({ group: kind.group, resource: kind.plural, name }, why);
}
