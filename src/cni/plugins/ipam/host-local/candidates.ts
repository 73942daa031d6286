import type { IpAddress } from "../../../../ip/mod.ts";
import { type RangeSet, rangeHolds, rangeOf } from "./address-range.ts";

/**
 * Tries every address of a set that may be handed out, once, until `take` takes one: from the one
 * after `last` on through the set's ranges and around, or from the set's first one where `last` is
 * none of it. So an address that was given back rests as long as it can.
 */
export function tryCandidates(
  set: RangeSet,
  last: IpAddress | undefined,
  take: (address: IpAddress) => boolean,
): IpAddress | undefined {
  for (const [start, end] of stretches(set, last)) {
    for (let value = start; value <= end; value++) {
      const address: IpAddress = { family: set[0]?.subnet.family ?? 4, value };
      if (!isGatewayOf(set, address) && take(address)) return address;
    }
  }
  return undefined;
}

/** The set's ranges from `last` on and around. */
function stretches(
  set: RangeSet,
  last: IpAddress | undefined,
): readonly (readonly [bigint, bigint])[] {
  const before: [bigint, bigint][] = [];
  const after: [bigint, bigint][] = [];
  let isAfter = false;
  for (const range of set) {
    const { start, end } = range;
    if (last !== undefined && rangeHolds(range, last)) {
      isAfter = true;
      after.push([last.value + 1n, end]);
      before.push([start, last.value]);
    } else if (isAfter) after.push([start, end]);
    else before.push([start, end]);
  }
  return [...after, ...before];
}

/** True for the gateway of any of the set's ranges. */
export function isGatewayOf(set: RangeSet, address: IpAddress): boolean {
  for (const { gateway } of set) {
    if (gateway.family === address.family && gateway.value === address.value) return true;
  }
  return false;
}

/** How many addresses a set can hand out. */
export function capacityOf(set: RangeSet): bigint {
  const gateways = new Set(set.map(({ gateway }) => gateway.value));
  let count = set.reduce((sum, { start, end }) => sum + (end - start + 1n), 0n);
  for (const value of gateways) {
    if (rangeOf(set, { family: set[0]?.subnet.family ?? 4, value }) !== undefined) count--;
  }
  return count;
}
