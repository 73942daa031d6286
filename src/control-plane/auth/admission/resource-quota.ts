import type { Admission, AdmissionRequest } from "../../api/mod.ts";
import { type ApiObject, valueAt } from "../../objects/mod.ts";
import { judgeQuotas } from "../../quota/mod.ts";
import type { ObjectSource, StoredKinds } from "../request/mod.ts";
import { forbid, resourceName } from "./refuse.ts";

export type Quota = StoredKinds["resourcequotas"];

export interface QuotaDeps {
  readonly objects: ObjectSource;
  readonly now: () => number;
  /** Writes down at once what a quota is charged with: the next change sees it. */
  readonly charge: (quota: Quota) => void;
  /** What is stored of a kind in a namespace. */
  readonly stored: (kind: AdmissionRequest["kind"], namespace: string) => readonly object[];
}

/** Refuses what would go beyond a quota of its namespace. The last of all admissions. */
export function resourceQuotaAdmission({ objects, now, charge, stored }: QuotaDeps): Admission {
  return async (request) => {
    const { object, old, namespace, kind, dryRun } = request;
    if (object === undefined || !kind.namespaced || !isCharged(request)) return object;
    const quotas = objects.list("resourcequotas", namespace);
    if (quotas.length === 0) return object;
    const verdict = judgeQuotas(quotas, {
      ...{ resource: resourceName(kind), object, old, now: now() },
      stored: () => stored(kind, namespace),
    });
    if (verdict.is === "refused") throw forbid(request, verdict.why);
    // cast: quotas keep their names when they are charged
    if (!dryRun) for (const quota of verdict.charged) charge(quota as Quota);
    return object;
  };
}

/** Changes that may use more of a quota than before. */
function isCharged({ operation, subresource, kind, object, old }: AdmissionRequest): boolean {
  if (operation === "CREATE") return subresource === "" && kind.kind !== "Event";
  if (operation !== "UPDATE") return false;
  switch (resourceName(kind)) {
    case "pods": {
      const isTimed = (pod: ApiObject | undefined): boolean =>
        valueAt(pod, "spec", "activeDeadlineSeconds") !== undefined;
      return subresource === "resize" || (subresource === "" && isTimed(object) !== isTimed(old));
    }
    case "services":
      return subresource === "";
    case "persistentvolumeclaims":
      return subresource === "" || subresource === "status";
    default:
      return false;
  }
}
