import { type IdSet, intersection } from "../../machine/mod.ts";
import { type Hint, nodeSets } from "../placement/mod.ts";
import { type Device, nodesOf } from "./device-shares.ts";

export interface DeviceHintInput {
  readonly all: ReadonlyMap<string, Device>;
  readonly free: readonly string[];
  /** Devices that the pod has already and that the request may take again. */
  readonly reusable: readonly string[];
  readonly count: number;
  /** The machine's. */
  readonly nodes: IdSet;
}

/** Pure: the sets of nodes that have enough free devices; preferred are the smallest that could ever do. */
export function deviceHints({ all, free, reusable, count, nodes }: DeviceHintInput): Hint[] {
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
