import {
  ApiError,
  type ApiObject,
  copy,
  formatTime,
  isObject,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
} from "../../../objects/mod.ts";
import { kindOf } from "../../../resources/mod.ts";
import type { StoredObject } from "../../../storage/mod.ts";
import { labelSelectorMatcher } from "../../selectors/mod.ts";
import { deleteOne, readDeleteOptions } from "../delete.ts";
import { findObject } from "../read.ts";
import { keyOf } from "../subject.ts";
import type { Answer, RestContext, RestRequest } from "../types.ts";
import { SUCCESS } from "./success.ts";

const BUDGETS = kindOf("poddisruptionbudgets", "policy");
/** A budget is asked again after this long. */
const RETRY_SECONDS = 10;

/** POST of an eviction: deletes a pod where its disruption budget allows it. */
export async function evictPod(context: RestContext, request: RestRequest): Promise<Answer> {
  const { info, body, query } = request;
  const pod = findObject(context, info).object;
  const given = isObject(body) ? objectAt(body, "deleteOptions") : {};
  const options = readDeleteOptions({ ...request, body: given, query });
  if (!isFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
    spendBudget(context, pod, options.dryRun);
  }
  if (!options.dryRun && options.resourceVersion === undefined) markDisrupted(context, request);
  await deleteOne(
    context,
    { ...request, info: { ...info, verb: "delete", subresource: "" } },
    options,
  );
  return SUCCESS;
}

/** Says why the pod goes, before it does: a Job need not count it as a failure of its own. */
function markDisrupted({ store, now }: RestContext, { info }: RestRequest): void {
  const key = keyOf(info.kind, info.namespace, info.name);
  const stored = store.get(key);
  if (stored === undefined || stored.object.metadata.deletionTimestamp !== undefined) return;
  const next = copy(stored.object);
  const status = objectAt(next, "status");
  const others = objectsAt(status, "conditions").filter(({ type }) => type !== "DisruptionTarget");
  const condition = {
    ...{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" },
    ...{ message: "Eviction API: evicting", lastTransitionTime: formatTime(now()) },
    lastProbeTime: null,
  };
  next["status"] = { ...status, conditions: [...others, condition] };
  store.update(key, next, stored.revision);
}

/** A pod that runs no more, or has not begun, counts for no budget. */
function isFinished(pod: ApiObject): boolean {
  return ["Succeeded", "Failed", "Pending"].includes(textAt(pod, "status", "phase"));
}

function spendBudget(context: RestContext, pod: ApiObject, dryRun: boolean): void {
  const budgets = budgetsOf(context, pod);
  if (budgets.length > 1) {
    throw new ApiError(
      500,
      "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  }
  const [budget] = budgets;
  if (budget === undefined) return;
  const allowed = numberAt(budget.object, "status", "disruptionsAllowed") ?? 0;
  const seen = numberAt(budget.object, "status", "observedGeneration") ?? 0;
  if (seen < (budget.object.metadata.generation ?? 0))
    refuse(budget, "is still being processed by the server.");
  if (allowed <= 0 && !isUnhealthyAndFree(budget.object, pod)) refuse(budget, needs(budget.object));
  if (dryRun || allowed <= 0) return;
  const next = copy(budget.object);
  const status = objectAt(next, "status");
  const disrupted = objectAt(status, "disruptedPods");
  next["status"] = {
    ...status,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...disrupted, [pod.metadata.name ?? ""]: formatTime(context.now()) },
  };
  const { namespace, name, revision } = budget;
  context.store.update(keyOf(BUDGETS, namespace, name), next, revision);
}

function budgetsOf({ store }: RestContext, pod: ApiObject): readonly StoredObject[] {
  const { namespace = "", labels = {} } = pod.metadata;
  return store.list(BUDGETS.storedAs, namespace).filter(({ object }) => {
    const selector = objectAt(object, "spec")["selector"];
    // cast: the selector was checked when it was stored
    return isObject(selector) && labelSelectorMatcher(selector as object)(labels);
  });
}

/** A pod that does not work protects nothing, where its budget says so or has enough without it. */
function isUnhealthyAndFree(budget: ApiObject, pod: ApiObject): boolean {
  const ready = objectsAt(pod, "status", "conditions").find(({ type }) => type === "Ready");
  if (ready?.["status"] === "True") return false;
  if (textAt(budget, "spec", "unhealthyPodEvictionPolicy") === "AlwaysAllow") return true;
  const healthy = numberAt(budget, "status", "currentHealthy") ?? 0;
  const desired = numberAt(budget, "status", "desiredHealthy") ?? 0;
  return healthy >= desired && desired > 0;
}

function needs(budget: ApiObject): string {
  const desired = numberAt(budget, "status", "desiredHealthy") ?? 0;
  const healthy = numberAt(budget, "status", "currentHealthy") ?? 0;
  return `needs ${desired} healthy pods and has ${healthy} currently`;
}

function refuse({ name }: StoredObject, why: string): never {
  throw new ApiError(
    429,
    "TooManyRequests",
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      retryAfterSeconds: RETRY_SECONDS,
      details: {
        causes: [{ reason: "DisruptionBudget", message: `The disruption budget ${name} ${why}` }],
      },
    },
  );
}
