import type { Problem, SourceLocation } from "../../base/mod.ts";
import {
  type Cidr,
  cidrContains,
  cidrContainsCidr,
  formatCidr,
  lastAddress,
} from "../../ip/mod.ts";
import type { Machine, PodSubnet } from "./machine.ts";

/** A machine's pod subnet together with whose it is. */
interface OwnedSubnet {
  readonly machine: Machine;
  readonly subnet: PodSubnet;
}

/** Contradictions between the lines of machines.txt. Sorts and looks up: never compares all pairs. */
export function findConflicts(machines: readonly Machine[]): Problem[] {
  return [
    ...findDuplicates(machines),
    ...findOverlaps(machines),
    ...findAddressesInSubnets(machines),
  ];
}

function findDuplicates(machines: readonly Machine[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, SourceLocation>();
  const note = (what: string, text: string, location: SourceLocation): void => {
    const key = `${what} ${text.toLowerCase()}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, location);
      return;
    }
    problems.push({
      code: `duplicate-${what.replace(" ", "-")}`,
      severity: "error",
      message: `Two machines have the same ${what}: ${text}`,
      locations: [location, first],
      fix: "Each machine needs a name, an FQDN and an address of its own",
    });
  };
  for (const machine of machines) {
    note("name", machine.name, machine.nameLocation);
    note("fqdn", machine.fqdn, machine.fqdnLocation);
    for (const { address, text, location } of machine.addresses) {
      // The number, not the text: fd00::1 and fd00:0::1 are one address.
      const key = `${address.family}:${address.value}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, location);
      else {
        problems.push({
          code: "duplicate-address",
          severity: "error",
          message: `Two machines have the same address: ${text}`,
          locations: [location, first],
          fix: "Each machine needs a name, an FQDN and an address of its own",
        });
      }
    }
  }
  return problems;
}

function compareSubnets(a: OwnedSubnet, b: OwnedSubnet): number {
  const [x, y] = [a.subnet.cidr, b.subnet.cidr];
  if (x.family !== y.family) return x.family - y.family;
  if (x.network !== y.network) return x.network < y.network ? -1 : 1;
  return x.prefixLength - y.prefixLength;
}

function sortedSubnets(machines: readonly Machine[]): OwnedSubnet[] {
  return machines
    .flatMap((machine) => machine.podSubnets.map((subnet) => ({ machine, subnet })))
    .sort(compareSubnets);
}

/** In order of their first addresses, a subnet overlaps an earlier one only if the furthest-reaching earlier one reaches it. */
function findOverlaps(machines: readonly Machine[]): Problem[] {
  const problems: Problem[] = [];
  let furthest: OwnedSubnet | undefined;
  for (const current of sortedSubnets(machines)) {
    const cidr = current.subnet.cidr;
    const reach = furthest?.subnet.cidr;
    if (furthest === undefined || reach === undefined || reach.family !== cidr.family) {
      furthest = current;
    } else if (lastAddress(reach) >= cidr.network) {
      problems.push({
        code: "overlapping-subnets",
        severity: "error",
        message: `Pod subnets overlap: ${current.subnet.text} of ${current.machine.name} and ${furthest.subnet.text} of ${furthest.machine.name}`,
        locations: [current.subnet.location, furthest.subnet.location],
        fix: "Give each worker a subnet of its own: two pods would get the same address",
      });
      if (lastAddress(cidr) > lastAddress(reach)) furthest = current;
    } else {
      furthest = current;
    }
  }
  return problems;
}

/** The subnet that holds a number, by binary search over subnets sorted by network (nested ones are reported as overlaps). */
function subnetAt(sorted: readonly OwnedSubnet[], value: bigint): OwnedSubnet | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = sorted[middle];
    if (entry !== undefined && entry.subnet.cidr.network <= value) low = middle + 1;
    else high = middle;
  }
  const candidate = sorted[low - 1];
  return candidate !== undefined && lastAddress(candidate.subnet.cidr) >= value
    ? candidate
    : undefined;
}

function findAddressesInSubnets(machines: readonly Machine[]): Problem[] {
  const problems: Problem[] = [];
  const sorted = sortedSubnets(machines);
  for (const family of [4, 6] as const) {
    const ofFamily = sorted.filter((entry) => entry.subnet.cidr.family === family);
    for (const machine of machines) {
      for (const { address, text, location } of machine.addresses) {
        if (address.family !== family) continue;
        const holder = subnetAt(ofFamily, address.value);
        if (holder === undefined) continue;
        problems.push({
          code: "address-in-subnet",
          severity: "error",
          message: `The address of ${machine.name} lies inside the pod subnet ${holder.subnet.text} of ${holder.machine.name}: ${text}`,
          locations: [location, holder.subnet.location],
          fix: "Machines and pods need networks that do not overlap",
        });
      }
    }
  }
  return problems;
}

/** The network of all pods, and the places that say so. */
export interface ClusterCidrs {
  readonly cidrs: readonly Cidr[];
  readonly location: SourceLocation;
}

/** Pod subnets outside of the cluster CIDR, and machines inside of it. */
export function checkClusterCidrs(machines: readonly Machine[], cluster: ClusterCidrs): Problem[] {
  const problems: Problem[] = [];
  for (const machine of machines) {
    for (const { cidr, text, location } of machine.podSubnets) {
      const outer = cluster.cidrs.filter((candidate) => candidate.family === cidr.family);
      if (outer.some((candidate) => cidrContainsCidr(candidate, cidr))) continue;
      problems.push({
        code: "subnet-outside-cluster",
        severity: "error",
        message: `The pod subnet of ${machine.name} is not inside the cluster CIDR ${describe(cluster)}: ${text}`,
        locations: [location, cluster.location],
        fix: "Change the one or the other: kube-proxy and the controller manager take addresses outside of the cluster CIDR for foreign ones",
      });
    }
    for (const { address, text, location } of machine.addresses) {
      if (!cluster.cidrs.some((candidate) => cidrContains(candidate, address))) continue;
      problems.push({
        code: "address-in-cluster",
        severity: "error",
        message: `The address of ${machine.name} lies inside the cluster CIDR ${describe(cluster)}: ${text}`,
        locations: [location, cluster.location],
        fix: "Machines and pods need networks that do not overlap",
      });
    }
  }
  return problems;
}

function describe(cluster: ClusterCidrs): string {
  return cluster.cidrs.map(formatCidr).join(",");
}
