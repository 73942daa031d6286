import {
  type ApiObject,
  formatTime,
  isObject,
  objectAt,
  objectsAt,
  refusals,
  textAt,
} from "../../../objects/mod.ts";
import { changeObject } from "../change.ts";
import type { Answer, RestContext, RestRequest } from "../types.ts";
import { SUCCESS } from "./success.ts";

/** POST of a binding, to a pod or to the collection of bindings: gives a pod to a node. */
export async function bindPod(context: RestContext, request: RestRequest): Promise<Answer> {
  const { body, info } = request;
  if (!isObject(body)) throw refusals.badRequest("the body of the request is no Binding");
  const name = info.name || textAt(body, "metadata", "name");
  const node = textAt(body, "target", "name");
  if (node === "") {
    throw refusals.invalid({ group: "", resource: "Binding", name }, [
      { reason: "FieldValueRequired", message: "Required value", field: "target.name" },
    ]);
  }
  const annotations = objectAt(body, "metadata", "annotations");
  const at = { ...request, info: { ...info, name, subresource: "binding" } };
  await changeObject(context, at, (pod) => bound(pod, { node, annotations, now: context.now() }));
  return SUCCESS;
}

function bound(
  pod: ApiObject,
  wanted: {
    readonly node: string;
    readonly annotations: ReturnType<typeof objectAt>;
    readonly now: number;
  },
): ApiObject {
  const { name = "" } = pod.metadata;
  const subject = { group: "", resource: "pods/binding", name };
  const { node, annotations, now } = wanted;
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refusals.conflict(subject, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const current = textAt(pod, "spec", "nodeName");
  if (current !== "") {
    throw refusals.conflict(
      subject,
      `pod ${name} is already assigned to node ${JSON.stringify(current)}`,
    );
  }
  if (objectsAt(pod, "spec", "schedulingGates").length > 0) {
    throw refusals.conflict(subject, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  const status = objectAt(pod, "status");
  const others = objectsAt(status, "conditions").filter(({ type }) => type !== "PodScheduled");
  const scheduled = {
    ...{ type: "PodScheduled", status: "True", lastProbeTime: null },
    lastTransitionTime: formatTime(now),
  };
  const { resourceVersion: _, ...metadata } = pod.metadata;
  const all = { ...metadata.annotations, ...annotations };
  return {
    ...pod,
    // cast: annotations are text; the schema's check says otherwise where they are not
    metadata: {
      ...metadata,
      ...(Object.keys(all).length === 0 ? {} : { annotations: all as Record<string, string> }),
    },
    spec: { ...objectAt(pod, "spec"), nodeName: node },
    status: { ...status, conditions: [...others, scheduled] },
  };
}
