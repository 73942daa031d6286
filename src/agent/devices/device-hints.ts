import { type IdSet, intersection } from "../../machine/mod.ts";
import { type Hint, type Hints, nodeSets } from "../placement/mod.ts";
import { type Device, nodesOf } from "./device-shares.ts";

interface DeviceHintInput {
  readonly all: ReadonlyMap<string, Device>;
  readonly free: readonly string[];
  /** Devices that the pod has already and that the request may take again. */
  readonly reusable: readonly string[];
  readonly count: number;
  /** The machine's. */
  readonly nodes: IdSet;
}

/** Pure: the sets of nodes that have enough free devices; preferred are the smallest that could ever do. */
function deviceHints({ all, free, reusable, count, nodes }: DeviceHintInput): Hint[] {
  const own = intersection(nodes, nodesOf(all.values()));
  const candidates = own.length === 0 ? nodes : own;
  const isIn = (set: IdSet, id: string): boolean =>
    (all.get(id)?.nodes ?? []).some((node) => set.includes(node));
  const reused = reusable.filter((id) => (all.get(id)?.nodes.length ?? 0) > 0);
  let least = candidates.length;
  const found: IdSet[] = [];
  for (const set of nodeSets(candidates)) {
    const present = [...all.keys()].filter((id) => isIn(set, id)).length;
    if (present >= count) least = Math.min(least, set.length);
    if (!reused.every((id) => isIn(set, id))) continue;
    if (reused.length + free.filter((id) => isIn(set, id)).length >= count) found.push(set);
  }
  return found.map((set) => ({ nodes: set, preferred: set.length === least }));
}

/** True where one of the devices says where it is: then the others matter, too. */
export function hasNodes(devices: ReadonlyMap<string, Device>): boolean {
  return nodesOf(devices.values()).length > 0;
}

/** What there is of a resource, and what of it is the pod's. */
export interface ResourceView extends Omit<DeviceHintInput, "count"> {
  /** Devices that have been given for this very request before. */
  readonly own: readonly string[];
}

/** Pure: by resource; one whose devices do not say where they are has no preference. */
export function hintsOfResources(
  requests: ReadonlyMap<string, number>,
  viewOf: (resource: string) => ResourceView,
): Hints {
  const hints = new Map<string, readonly Hint[]>();
  for (const [resource, count] of requests) {
    const view = viewOf(resource);
    if (hasNodes(view.all)) hints.set(resource, hintsOf(view, count));
  }
  return hints;
}

function hintsOf({ own, ...view }: ResourceView, count: number): readonly Hint[] {
  if (own.length > 0) {
    return own.length === count ? deviceHints({ ...view, count, free: own, reusable: [] }) : [];
  }
  const isEnough = new Set([...view.free, ...view.reusable]).size >= count;
  return isEnough ? deviceHints({ ...view, count }) : [];
}
