import type { Container } from "kubernetes-types/core/v1";
import { type Algebra, sumContainers } from "../../kube/scheduling/mod.ts";
import type { Pod } from "../../kube/types/mod.ts";
import { podLevelResources } from "../model/mod.ts";
import { addLists, maxLists, onlyNames, parseList, type ResourceList } from "./resource-list.ts";

const LISTS: Algebra<ResourceList> = { none: new Map(), add: addLists, max: maxLists };

/** What a container asks for, or is limited to. */
export function containerResources(
  { resources }: Container,
  part: "requests" | "limits",
): ResourceList {
  return parseList(resources?.[part]);
}

/** What a pod asks for, or is limited to, without the overhead of its runtime class. */
export function podResources(pod: Pod, part: "requests" | "limits"): ResourceList {
  const sum = sumContainers(pod.spec, (container) => containerResources(container, part), LISTS);
  return new Map([...sum, ...parseList(podLevelResources(pod)[part])]);
}

/** The same with the overhead; a limit that is not there gets none by it. */
export function podResourcesWithOverhead(pod: Pod, part: "requests" | "limits"): ResourceList {
  const sum = podResources(pod, part);
  const overhead = parseList(pod.spec.overhead);
  return addLists(sum, part === "requests" ? overhead : onlyNames(overhead, sum.keys()));
}
