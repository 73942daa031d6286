import { messageOf } from "../../../../base/mod.ts";
import { formatAddress, formatInterfaceAddress } from "../../../../ip/mod.ts";
import { readText } from "../../../../sys/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniDns } from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { formatRangeSet, type RangeSet, rangeOf } from "./address-range.ts";
import { allocate, noAddress } from "./allocate.ts";
import { tryCandidates } from "./candidates.ts";
import { isHeldBy } from "./holder.ts";
import { readDataDir, readHostLocalConf } from "./ipam-conf.ts";
import { type Reservation, type ReservationPlace, Reservations } from "./reservations.ts";
import { parseResolvConf } from "./resolv-conf.ts";

/** Hands out addresses of ranges that belong to this machine; files remember whose they are. */
export const hostLocal: Plugin = {
  name: "host-local",
  supportedVersions: SPEC_VERSIONS,

  add(request, host) {
    const conf = readHostLocalConf(request);
    const dns = conf.resolvConf === undefined ? {} : readResolvConf(conf.resolvConf);
    using reservations = Reservations.open(placeOf(request, host));
    const ips = allocate({ request, reservations, log: host.log }, conf);
    return { interfaces: [], ips, routes: conf.routes, dns };
  },

  del(request, host) {
    using reservations = Reservations.find(placeOf(request, host));
    reservations?.releaseAll(request);
  },

  check(request, host) {
    const { sets } = readHostLocalConf(request);
    using reservations = Reservations.find(placeOf(request, host));
    const held = reservations?.find(request).map(({ address }) => address) ?? [];
    for (const set of sets) {
      if (!held.some((address) => rangeOf(set, address) !== undefined)) {
        throw checkFailed(request, `no address of ${formatRangeSet(set)} is reserved for it`);
      }
    }
    for (const { address } of request.conf.prevResult?.ips ?? []) {
      if (!sets.some((set) => rangeOf(set, address.address) !== undefined)) continue;
      if (held.some(({ value }) => value === address.address.value)) continue;
      throw checkFailed(request, `${formatInterfaceAddress(address)} is not reserved for it`);
    }
  },

  gc(request, host) {
    const valid = request.conf.validAttachments ?? [];
    using reservations = Reservations.find(placeOf(request, host));
    const released = reservations?.releaseWhere((holder) => isGone(holder, valid)) ?? [];
    if (released.length === 0) return;
    const addresses = released.map(formatAddress).join(", ");
    host.log(`host-local: released ${addresses} of "${request.conf.name}": no attachment has them`);
  },

  status(request, host) {
    const { sets } = readHostLocalConf(request);
    using reservations = Reservations.find(placeOf(request, host));
    if (reservations === undefined) return;
    const full = sets.find((set) => !hasFree(reservations, set));
    if (full !== undefined) throw noAddress(CNI_ERROR.notAvailable, full, request);
  },
};

function readResolvConf(path: string): CniDns {
  try {
    return parseResolvConf(readText(path));
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new CniError(CNI_ERROR.ioFailure, `Cannot read "ipam.resolvConf": ${why}`, {
      cause: thrown,
    });
  }
}

function placeOf(request: PluginRequest, host: PluginHost): ReservationPlace {
  return { dataDir: readDataDir(request), network: request.conf.name, log: host.log };
}

/** What nobody known has written stays: it is no attachment's of this network's runtime. */
function isGone(holder: Reservation["holder"], valid: readonly Attachment[]): boolean {
  if (typeof holder === "string") return holder === "garbled";
  return !valid.some((attachment) => isHeldBy(holder, attachment));
}

/** True where an ADD would get an address of the set, now or from before this boot. */
function hasFree(reservations: Reservations, set: RangeSet): boolean {
  const free = tryCandidates(set, undefined, (address) => !reservations.has(address));
  if (free !== undefined) return true;
  return reservations.findOld().some(({ address }) => rangeOf(set, address) !== undefined);
}
