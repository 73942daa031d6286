import { timeMs } from "../../kube/client/mod.ts";
import type { PersistentVolumeClaim, Pod, Service } from "../../kube/types/mod.ts";
import { podResourcesWithOverhead } from "./pod-resources.ts";
import { countOf, ONE, parseList, type ResourceList } from "./resource-list.ts";

/** An object that counts: which resource it is of (`pods`, `deployments.apps`), and itself. */
export interface Counted {
  readonly resource: string;
  readonly object: object;
}

/** Kinds that may also be counted by their bare name. */
const BARE_COUNTS = new Set([
  ...["pods", "services", "persistentvolumeclaims", "configmaps", "secrets"],
  ...["replicationcontrollers", "resourcequotas"],
]);
const SERVICE_NAMES = ["services.nodeports", "services.loadbalancers"];
const STORAGE_CLASS = ".storageclass.storage.k8s.io/";
const COMPUTE = ["cpu", "memory", "ephemeral-storage"];
const POD_NAMES = new Set(COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]));

/** Which of a quota's names the objects of a resource count for. */
export function matchingNames(resource: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    if (name === `count/${resource}`) return true;
    if (BARE_COUNTS.has(resource) && name === resource) return true;
    switch (resource) {
      case "pods":
        return POD_NAMES.has(name) || /^(requests\.)?hugepages-/.test(name) || isExtended(name);
      case "services":
        return SERVICE_NAMES.includes(name);
      case "persistentvolumeclaims":
        return name === "requests.storage" || name.includes(STORAGE_CLASS);
      default:
        return false;
    }
  });
}

/** Devices and the like: `requests.example.com/gpu`. */
function isExtended(name: string): boolean {
  return /^requests\..*\//.test(name) && !name.includes("kubernetes.io/");
}

/** What an object uses of quotas at this time. */
export function usageOf({ resource, object }: Counted, now: number): ResourceList {
  const counts = new Map([[`count/${resource}`, ONE]]);
  if (BARE_COUNTS.has(resource)) counts.set(resource, ONE);
  switch (resource) {
    case "pods":
      return podUsage(object as Pod, now); // cast: the resource says what the object is
    case "services":
      return new Map([...counts, ...serviceUsage(object as Service)]); // cast: as above
    case "persistentvolumeclaims":
      return new Map([...counts, ...claimUsage(object as PersistentVolumeClaim)]); // cast: as above
    default:
      return counts;
  }
}

/** A pod that is over uses nothing but its place in the store. */
function podUsage(pod: Pod, now: number): ResourceList {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const phase = pod.status?.phase;
  const usage = new Map([["count/pods", ONE]]);
  const isOverdue =
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds !== undefined &&
    now > timeMs(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
  if (phase === "Failed" || phase === "Succeeded" || isOverdue) return usage;
  const requests = podResourcesWithOverhead(pod, "requests");
  const limits = podResourcesWithOverhead(pod, "limits");
  return new Map([...usage, ...computeUsage(requests, limits)]);
}

/** Requests and limits by the names that quotas have for them, with the pod itself. */
export function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage = new Map([["pods", ONE]]);
  for (const [name, quantity] of requests) {
    const isKnown = COMPUTE.includes(name) || name.startsWith("hugepages-");
    if (isKnown) usage.set(name, quantity);
    if (isKnown || name.includes("/")) usage.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of limits) {
    if (COMPUTE.includes(name)) usage.set(`limits.${name}`, quantity);
  }
  return usage;
}

function serviceUsage({ spec }: Service): ResourceList {
  const ports = spec.ports ?? [];
  const isBalanced = spec.type === "LoadBalancer";
  const hasNodePorts = spec.type === "NodePort" || isBalanced;
  // Without allocation only ports that are asked for by number take one.
  const counted =
    isBalanced && spec.allocateLoadBalancerNodePorts === false
      ? ports.filter(({ nodePort = 0 }) => nodePort !== 0)
      : ports;
  return new Map([
    ["services.nodeports", countOf(hasNodePorts ? counted.length : 0)],
    ["services.loadbalancers", countOf(isBalanced ? 1 : 0)],
  ]);
}

const LEGACY_CLASS = "volume.beta.kubernetes.io/storage-class";

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): ResourceList {
  const usage = new Map<string, typeof ONE>();
  const className = metadata.annotations?.[LEGACY_CLASS] ?? spec.storageClassName ?? "";
  if (className !== "") usage.set(`${className}${STORAGE_CLASS}persistentvolumeclaims`, ONE);
  const asked = parseList(spec.resources?.requests).get("storage");
  if (asked === undefined) return usage;
  const given = parseList(status?.allocatedResources).get("storage");
  const storage = given !== undefined && given.nano > asked.nano ? given : asked;
  usage.set("requests.storage", storage);
  if (className !== "") usage.set(`${className}${STORAGE_CLASS}requests.storage`, storage);
  return usage;
}
