import {
  difference,
  formatIds,
  type IdSet,
  intersection,
  sameIds,
  union,
} from "../../machine/mod.ts";

/** Which CPUs containers have for themselves, and which everybody else shares. Plain data. */
export interface CpuShares {
  readonly shared: IdSet;
  /** By pod, then by container. */
  readonly own: ReadonlyMap<string, ReadonlyMap<string, IdSet>>;
}

export const NO_SHARES: CpuShares = { shared: [], own: new Map() };

export function cpusOf(shares: CpuShares, podUid: string, container: string): IdSet | undefined {
  return shares.own.get(podUid)?.get(container);
}

/** Pure: the container has these CPUs for itself. */
export function withCpus(
  { shared, own }: CpuShares,
  {
    podUid,
    container,
    cpus,
  }: { readonly podUid: string; readonly container: string; readonly cpus: IdSet },
): CpuShares {
  const pod = new Map(own.get(podUid)).set(container, cpus);
  return { shared: difference(shared, cpus), own: new Map(own).set(podUid, pod) };
}

/** Pure: what the pod has had is everybody's again. */
export function withoutPod({ shared, own }: CpuShares, podUid: string): CpuShares {
  const rest = new Map(own);
  rest.delete(podUid);
  return { shared: union(shared, ...(own.get(podUid)?.values() ?? [])), own: rest };
}

/** What the machine and the configuration say of CPUs. */
export interface CpuRules {
  readonly all: IdSet;
  readonly reserved: IdSet;
  readonly keepsReserved: boolean;
}

/** Pure: why shares of before do not go with this machine, in the kubelet's words. */
export function findContradiction({ shared, own }: CpuShares, rules: CpuRules): string | undefined {
  const { reserved } = rules;
  const common = intersection(reserved, shared);
  if (shared.length === 0) return "default cpuset cannot be empty";
  if (rules.keepsReserved && common.length > 0) {
    return `some of strictly reserved cpus: "${formatIds(common)}" are present in defaultCpuSet: "${formatIds(shared)}"`;
  }
  if (!rules.keepsReserved && !sameIds(common, reserved)) {
    return `not all reserved cpus: "${formatIds(reserved)}" are present in defaultCpuSet: "${formatIds(shared)}"`;
  }
  for (const [pod, containers] of own) {
    for (const [container, cpus] of containers) {
      if (intersection(shared, cpus).length === 0) continue;
      return `pod: ${pod}, container: ${container} cpuset: "${formatIds(cpus)}" overlaps with default cpuset "${formatIds(shared)}"`;
    }
  }
  const known = union(shared, ...[...own.values()].flatMap((pod) => [...pod.values()]));
  if (sameIds(known, rules.all)) return undefined;
  return `current set of available CPUs "${formatIds(rules.all)}" doesn't match with CPUs in state "${formatIds(known)}"`;
}
