import type { Pod, ResourceQuota } from "../../kube/types/mod.ts";
import { containerResources } from "./pod-resources.ts";
import { matchesQuota } from "./quota-scopes.ts";
import {
  addLists,
  exceedLists,
  formatList,
  maxLists,
  onlyNames,
  parseList,
  printList,
  type ResourceList,
} from "./resource-list.ts";
import { computeUsage, matchingNames, usageOf } from "./usage.ts";

/** An object that is about to be stored. */
export interface QuotaChange {
  /** `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly object: object;
  /** What is stored now. */
  readonly old: object | undefined;
  readonly now: number;
  /** The objects of the resource that the namespace has; asked where a quota is about them. */
  readonly stored: () => readonly object[];
}

/** Why a change is refused, or which quotas it changes the counts of. */
export type QuotaVerdict =
  | { readonly is: "refused"; readonly why: string }
  | { readonly is: "allowed"; readonly charged: readonly ResourceQuota[] };

/** Charges a change to the quotas of its namespace; the texts of refusals are upstream's. */
export function judgeQuotas(quotas: readonly ResourceQuota[], change: QuotaChange): QuotaVerdict {
  const { resource, object, old, now } = change;
  const usage = usageOf({ resource, object }, now);
  const charged: ResourceQuota[] = [];
  for (const quota of quotas) {
    const hard = parseList(quota.status?.hard);
    const names = [...hard.keys()];
    if (!matchesQuota(quota, { resource, object }, names)) continue;
    const tracked = matchingNames(resource, names);
    const why = missing(quota, change, tracked) ?? unknown(quota, tracked);
    if (why !== undefined) return { is: "refused", why };
    // cast: what is stored has metadata
    const wasCounted = old !== undefined && matchesQuota(quota, { resource, object: old }, names);
    const delta = wasCounted ? exceedLists(usage, usageOf({ resource, object: old }, now)) : usage;
    const asked = new Map([...onlyNames(delta, names)].filter(([, { nano }]) => nano !== 0n));
    if (asked.size === 0) continue;
    const used = usedNow(quota, change, names);
    const next = addLists(used, asked);
    const exceeded = exceeds(onlyNames(next, asked.keys()), hard);
    if (exceeded.length > 0) {
      const [requested, before, limited] = [asked, used, hard].map((list) =>
        printList(onlyNames(list, exceeded)),
      );
      const { name } = quota.metadata;
      const why = `exceeded quota: ${name}, requested: ${requested}, used: ${before}, limited: ${limited}`;
      return { is: "refused", why };
    }
    charged.push({ ...quota, status: { ...quota.status, used: formatList(next) } });
  }
  return { is: "allowed", charged };
}

/**
 * What is used: as it was charged or counted last, or as the store has it, whichever is more. A count
 * may have been made before what was charged after it.
 */
function usedNow(
  quota: ResourceQuota,
  { resource, stored, now }: QuotaChange,
  names: readonly string[],
): ResourceList {
  let live: ResourceList = new Map();
  for (const object of stored()) {
    const counted = { resource, object };
    if (matchesQuota(quota, counted, names)) live = addLists(live, usageOf(counted, now));
  }
  return maxLists(parseList(quota.status?.used), onlyNames(live, names));
}

function exceeds(usage: ResourceList, hard: ResourceList): readonly string[] {
  return [...usage].flatMap(([name, { nano }]) => {
    const limit = hard.get(name);
    return limit !== undefined && nano > limit.nano ? [name] : [];
  });
}

/** A quota whose usage nobody has counted yet cannot be charged. */
function unknown(
  { metadata, status }: ResourceQuota,
  tracked: readonly string[],
): string | undefined {
  const used = status?.used ?? {};
  if (tracked.every((name) => used[name] !== undefined)) return undefined;
  return `status unknown for quota: ${metadata.name}, resources: ${[...tracked].sort().join(",")}`;
}

/** Where CPU or memory is limited, each container has to say what it wants of it. */
const TO_BE_SAID = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);

function missing(
  { metadata }: ResourceQuota,
  { resource, object }: QuotaChange,
  tracked: readonly string[],
): string | undefined {
  if (resource !== "pods") return undefined;
  const { spec } = object as Pod; // cast: the resource says what the object is
  if ("resources" in spec) return undefined;
  const wanted = tracked.filter((name) => TO_BE_SAID.has(name)).sort();
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const lacking = wanted.flatMap((name) => {
    const names = containers
      .filter((container) => {
        const said = computeUsage(
          containerResources(container, "requests"),
          containerResources(container, "limits"),
        );
        return !said.has(name);
      })
      .map((container) => container.name)
      .sort();
    return names.length === 0 ? [] : [`${name} for: ${names.join(",")}`];
  });
  if (lacking.length === 0) return undefined;
  return `failed quota: ${metadata.name}: must specify ${lacking.join("; ")}`;
}
