import { formatAddress, type IpAddress } from "../../../../ip/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniIp } from "../../../result/types.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { formatRangeSet, holdsAddress, type RangeSet, rangeOf } from "./address-range.ts";
import { capacityOf, isGatewayOf, tryCandidates } from "./candidates.ts";
import type { IndexEntry } from "./holder-index.ts";
import type { HostLocalConf } from "./ipam-conf.ts";
import type { Reservations } from "./reservations.ts";

/** What an allocation works with; `log` is told what it does beside its work. */
export interface Allocation {
  readonly request: PluginRequest;
  readonly reservations: Reservations;
  readonly log: (line: string) => void;
}

/** A range set and its place in the configuration. */
interface NumberedSet {
  readonly set: RangeSet;
  readonly index: number;
}

/**
 * Reserves one address of every range set for an attachment: a requested one where the set holds
 * it; else one that the attachment has there already, left by an ADD that was cut short; else the
 * next free one. All or nothing: what it has reserved goes back where it fails. CniError 11 where
 * an address is taken or a set has none left, 7 where a requested one cannot be given at all.
 */
export function allocate(allocation: Allocation, conf: HostLocalConf): readonly CniIp[] {
  const { reservations, request } = allocation;
  const requested = assignRequested(conf);
  const held = reservations.find(request);
  try {
    const ips: CniIp[] = [];
    for (let index = 0; index < conf.sets.length; index++) {
      const set = conf.sets[index] ?? [];
      const wanted = requested[index];
      const address =
        takeAgain(allocation, { set, held }, wanted) ??
        (wanted === undefined
          ? takeNext(allocation, { set, index })
          : takeRequested(allocation, { set, index }, wanted));
      ips.push(toIp(set, address));
    }
    return ips;
  } catch (thrown) {
    const before = held.map(({ address }) => address);
    for (const entry of reservations.find(request)) {
      if (!holdsAddress(before, entry.address)) reservations.release(entry);
    }
    throw thrown;
  }
}

/** The requested address of each set, by the set's place; the first one of a set counts. */
function assignRequested({ sets, requested }: HostLocalConf): readonly (IpAddress | undefined)[] {
  if (requested.length === 0) return [];
  const assigned = sets.map((set) => requested.find((one) => rangeOf(set, one) !== undefined));
  const left = requested.filter((address) => !assigned.includes(address));
  if (left.length === 0) return assigned;
  const wanted = left.map(formatAddress).join(", ");
  const ranges = sets.map(formatRangeSet).join("; ");
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot reserve the requested ${wanted}: one address of each set of ranges is given, and they are ${ranges}`,
  );
}

/** What the attachment has in the set already. */
function takeAgain(
  { reservations, request }: Allocation,
  { set, held }: { readonly set: RangeSet; readonly held: readonly IndexEntry[] },
  wanted: IpAddress | undefined,
): IpAddress | undefined {
  for (const entry of held) {
    const { address } = entry;
    const isMeant =
      wanted === undefined ? rangeOf(set, address) !== undefined : isSame(address, wanted);
    if (!isMeant) continue;
    reservations.renew(entry, request);
    return address;
  }
  return undefined;
}

function takeRequested(
  allocation: Allocation,
  { set, index }: NumberedSet,
  wanted: IpAddress,
): IpAddress {
  const text = formatAddress(wanted);
  if (isGatewayOf(set, wanted)) {
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot reserve the requested ${text}: it is the gateway`,
    );
  }
  const { reservations, request } = allocation;
  if (reserve(allocation, index, wanted)) return wanted;
  if (releaseOld(allocation, (address) => isSame(address, wanted))) {
    if (reserve(allocation, index, wanted)) return wanted;
  }
  throw new CniError(
    CNI_ERROR.tryAgainLater,
    `Cannot reserve the requested ${text} in network "${request.conf.name}": ${reservations.describeHolder(wanted)} has it`,
  );
}

function takeNext(allocation: Allocation, { set, index }: NumberedSet): IpAddress {
  const free = firstFree(allocation, { set, index });
  if (free !== undefined) return free;
  if (releaseOld(allocation, (address) => rangeOf(set, address) !== undefined)) {
    const again = firstFree(allocation, { set, index });
    if (again !== undefined) return again;
  }
  throw noAddress(CNI_ERROR.tryAgainLater, set, allocation.request);
}

/** No address is left in a set: which, how many are taken, and where to look. */
export function noAddress(code: number, set: RangeSet, { conf }: PluginRequest): CniError {
  return new CniError(
    code,
    `no IP addresses available in range set: ${formatRangeSet(set)} of network "${conf.name}": all ${capacityOf(set)} are reserved`,
    {
      fix: `"nodewright cni list ${conf.name}" shows by whom; "nodewright cni gc ${conf.name} --keep-live" gives back those of pods that are gone`,
    },
  );
}

function firstFree(allocation: Allocation, { set, index }: NumberedSet): IpAddress | undefined {
  const { reservations } = allocation;
  return tryCandidates(
    set,
    reservations.lastOf(index),
    (address) => !reservations.has(address) && reserve(allocation, index, address),
  );
}

function reserve(
  { reservations, request }: Allocation,
  index: number,
  address: IpAddress,
): boolean {
  if (!reservations.reserve(address, request)) return false;
  reservations.setLast(index, address);
  return true;
}

/** Gives back what is from before this boot, now that addresses are short; true where it was any. */
function releaseOld(allocation: Allocation, isMeant: (address: IpAddress) => boolean): boolean {
  const released = allocation.reservations.releaseOld(isMeant);
  if (released.length === 0) return false;
  allocation.log(
    `host-local: released ${released.length} addresses of "${allocation.request.conf.name}" that were reserved before this boot`,
  );
  return true;
}

function toIp(set: RangeSet, address: IpAddress): CniIp {
  const range = rangeOf(set, address);
  if (range === undefined) throw new RangeError(`${formatAddress(address)} is in no range`);
  return {
    address: { address, prefixLength: range.subnet.prefixLength },
    gateway: range.gateway,
  };
}

function isSame(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.value === b.value;
}
