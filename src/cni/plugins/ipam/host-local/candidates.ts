import type { IpAddress } from "../../../../ip/mod.ts";
import { type RangeSet, rangeHolds, rangeOf } from "./address-range.ts";

/**
 * Every address of a set that may be handed out, once, in the order of trial: from the one after
 * `last` on through the set's ranges and around, or from the set's first one where `last` is none
 * of it. So an address that was given back rests as long as it can.
 */
export function* candidates(set: RangeSet, last: IpAddress | undefined): Generator<IpAddress> {
  const from = last === undefined ? -1 : set.findIndex((range) => rangeHolds(range, last));
  if (last === undefined || from === -1) {
    for (const range of set) yield* between(set, range.start, range.end);
    return;
  }
  const range = set[from];
  if (range === undefined) return;
  yield* between(set, last.value + 1n, range.end);
  for (const next of [...set.slice(from + 1), ...set.slice(0, from)]) {
    yield* between(set, next.start, next.end);
  }
  yield* between(set, range.start, last.value);
}

function* between(set: RangeSet, start: bigint, end: bigint): Generator<IpAddress> {
  const family = set[0]?.subnet.family ?? 4;
  const isGateway = (value: bigint): boolean => set.some(({ gateway }) => gateway.value === value);
  for (let value = start; value <= end; value++) {
    if (!isGateway(value)) yield { family, value };
  }
}

/** True for the gateway of any of the set's ranges. */
export function isGatewayOf(set: RangeSet, address: IpAddress): boolean {
  return set.some(
    ({ gateway }) => gateway.family === address.family && gateway.value === address.value,
  );
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
