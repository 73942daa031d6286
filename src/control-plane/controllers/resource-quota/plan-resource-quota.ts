import { API, type ResourceQuota } from "../../../kube/types/mod.ts";
import {
  addLists,
  formatList,
  matchesQuota,
  matchingNames,
  parseList,
  type ResourceList,
  usageOf,
} from "../../quota/mod.ts";
import { type Plan, statusWrite } from "../lib/mod.ts";

export interface QuotaInput {
  readonly quota: ResourceQuota;
  /** The objects of its namespace, by resource: `pods`, `deployments.apps`. */
  readonly objects: ReadonlyMap<string, readonly object[]>;
  readonly now: number;
}

/** Counts what a quota's namespace uses. */
export function planResourceQuota({ quota, objects, now }: QuotaInput): Plan {
  const hard = quota.spec?.hard ?? {};
  const names = Object.keys(hard);
  const used = new Map(parseList(Object.fromEntries(names.map((name) => [name, "0"]))));
  for (const [resource, all] of objects) {
    const tracked = matchingNames(resource, names);
    if (tracked.length === 0) continue;
    let sum: ResourceList = new Map();
    for (const object of all) {
      const counted = { resource, object };
      if (matchesQuota(quota, counted, names)) sum = addLists(sum, usageOf(counted, now));
    }
    for (const name of tracked) {
      const amount = sum.get(name);
      if (amount !== undefined) used.set(name, amount);
    }
  }
  const status = { hard, ...(names.length === 0 ? {} : { used: formatList(used) }) };
  return { writes: statusWrite(API.resourceQuotas, quota, status) };
}
