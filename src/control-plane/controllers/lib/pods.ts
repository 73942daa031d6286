import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { type KubeObject, keyOf, type ResourceType } from "../../../kube/client/mod.ts";
import { API, type Pod } from "../../../kube/types/mod.ts";
import { controllerOf, controllerReference, generateName } from "../../model/mod.ts";
import { type Watch, watch } from "./controller.ts";
import type { Write } from "./write.ts";

/** The object that pods are made for. */
export interface PodOwner {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** A pod's changes call for its controller; those of an orphan for all that would adopt it. */
export function podWatch<T extends KubeObject>(
  type: ResourceType<T>,
  wouldAdopt: (owner: T, pod: Pod) => boolean,
): Watch {
  return watch(API.pods, (pod, cluster) => {
    const { namespace = "" } = pod.metadata;
    const controller = controllerOf(pod);
    if (controller !== undefined) {
      const isOurs = controller.kind === type.kind && sameGroup(controller.apiVersion, type);
      return isOurs ? [`${namespace}/${controller.name}`] : [];
    }
    if (!cluster.knows(type)) return [];
    return cluster
      .inNamespace(type, namespace)
      .filter((owner) => wouldAdopt(owner, pod))
      .map(keyOf);
  });
}

/** True where the apiVersion is of the kind's group, whatever the version. */
export function sameGroup(apiVersion: string, { group }: ResourceType): boolean {
  const slash = apiVersion.indexOf("/");
  return (slash === -1 ? "" : apiVersion.slice(0, slash)) === group;
}

/** A pod of the template as an object; `name` where it is not generated. */
export function podFromTemplate(
  { type, object }: PodOwner,
  template: PodTemplateSpec,
  name?: string,
): Pod {
  const base = `${object.metadata.name}-`;
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const { namespace } = object.metadata;
  return {
    metadata: {
      ...(name === undefined ? { generateName: base, name: generateName(base) } : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(type, object)],
    },
    spec: template.spec ?? { containers: [] },
  };
}

/** Creates a pod of the template, with the events of upstream's controllers. */
export function createPod(owner: PodOwner, template: PodTemplateSpec): Write {
  return createWithEvents(owner, podFromTemplate(owner, template));
}

export function createWithEvents({ type, object: about }: PodOwner, pod: Pod): Write {
  return {
    verb: "create",
    type: API.pods,
    object: pod,
    report: {
      done: {
        ...{ kind: type, about, type: "Normal", reason: "SuccessfulCreate" },
        message: `Created pod: ${pod.metadata.name}`,
      },
      failed: (message) => ({
        ...{ kind: type, about, type: "Warning", reason: "FailedCreate" },
        message: `Error creating: ${message}`,
      }),
    },
  };
}

export function deletePod({ type, object: about }: PodOwner, pod: Pod): Write {
  return {
    verb: "delete",
    type: API.pods,
    object: pod,
    report: {
      done: {
        ...{ kind: type, about, type: "Normal", reason: "SuccessfulDelete" },
        message: `Deleted pod: ${pod.metadata.name}`,
      },
      failed: (message) => ({
        ...{ kind: type, about, type: "Warning", reason: "FailedDelete" },
        message: `Error deleting: ${message}`,
      }),
    },
  };
}
