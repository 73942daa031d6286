import type { Pod } from "../api/mod.ts";
import { amountOfValue, type Threshold } from "../config/mod.ts";
import { amountOf, podRequest } from "../resources/amounts.ts";
import { ABOUT, type Observation, type Observations } from "./thresholds.ts";

/** What a pod uses of what may run short. */
export interface PodConsumption {
  readonly memoryBytes: number;
  /** Written by containers, their logs and emptyDir volumes. */
  readonly diskBytes: number;
  readonly inodes: number;
  readonly processes: number;
  readonly containers: readonly ContainerConsumption[];
}

export interface ContainerConsumption {
  readonly name: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export type Consumptions = ReadonlyMap<string, PodConsumption>;

/** Pods in the order in which they have to go; a pod that nothing is known of comes first. */
export function rankPods(
  pods: readonly Pod[],
  resource: string,
  consumptions: Consumptions,
): Pod[] {
  const keys = new Map(pods.map((pod) => [pod, rankOf(pod, resource, consumptions)]));
  return [...pods].sort((a, b) => {
    const [first, second] = [keys.get(a) ?? [], keys.get(b) ?? []];
    const at = first.findIndex((value, index) => value !== second[index]);
    return at === -1 ? 0 : (second[at] ?? 0) - (first[at] ?? 0);
  });
}

/** Compared from left to right; the larger goes first. */
function rankOf(pod: Pod, resource: string, consumptions: Consumptions): number[] {
  const used = consumptions.get(pod.metadata.uid);
  const low = -(pod.spec.priority ?? 0);
  if (used === undefined) return [1, 1, low, 0];
  if (resource === "pids") return [0, 0, low, used.processes];
  const amount =
    resource === "memory" ? used.memoryBytes : resource === "inodes" ? used.inodes : used.diskBytes;
  const requested = resource === "inodes" ? 0 : podRequest(pod.spec, resource);
  return [0, amount > requested ? 1 : 0, low, amount - requested];
}

/** The kubelet's own words for why a pod is evicted. */
export function evictionMessage(
  pod: Pod,
  about: {
    readonly threshold: Threshold;
    readonly observations: Observations;
    readonly consumption: PodConsumption | undefined;
  },
): string {
  const { threshold, observations, consumption } = about;
  const { resource } = ABOUT[threshold.signal];
  const observed = observations.get(threshold.signal);
  const parts = [`The node was low on resource: ${resource}. `];
  if (observed !== undefined) parts.push(thresholdText(threshold, observed, resource));
  for (const { name, memoryBytes, diskBytes } of consumption?.containers ?? []) {
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
      (one) => one.name === name,
    );
    if (container === undefined || !["memory", "ephemeral-storage"].includes(resource)) continue;
    const used = resource === "memory" ? memoryBytes : diskBytes;
    const request = container.resources?.requests?.[resource];
    if (used <= (amountOf(request) ?? 0)) continue;
    parts.push(
      `Container ${name} was using ${binaryQuantity(used)}, request is ${request ?? "0"}, has larger consumption of ${resource}. `,
    );
  }
  return parts.join("");
}

function thresholdText(threshold: Threshold, observed: Observation, resource: string): string {
  const isCount = resource === "inodes" || resource === "pids";
  const text = (amount: number): string => (isCount ? String(amount) : binaryQuantity(amount));
  const quantity = text(amountOfValue(threshold.value, observed.capacity));
  return `Threshold quantity: ${quantity}, available: ${text(observed.available)}. `;
}

const SUFFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi"] as const;

/** Bytes as Kubernetes writes them: the largest binary suffix that divides them. */
export function binaryQuantity(bytes: number): string {
  let amount = bytes;
  let at = 0;
  while (amount !== 0 && amount % 1024 === 0 && at < SUFFIXES.length - 1) {
    amount /= 1024;
    at += 1;
  }
  return `${amount}${SUFFIXES[at] ?? ""}`;
}
