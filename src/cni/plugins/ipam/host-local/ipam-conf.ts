import { type IpAddress, isMappedAddress, parseAddress } from "../../../../ip/mod.ts";
import { parseCniArgs } from "../../../conf/cni-args.ts";
import { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { isJsonObject, type JsonValue } from "../../../json.ts";
import { decodeRoute } from "../../../result/decode-result.ts";
import type { CniRoute } from "../../../result/types.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { isAtLeast } from "../../../version.ts";
import {
  type AddressRange,
  checkRangeSet,
  formatRange,
  holdsAddress,
  type RangeSet,
  rangesOverlap,
  readAddressRange,
} from "./address-range.ts";

/** Where reservations are kept unless `ipam.dataDir` says otherwise. */
export const DEFAULT_DATA_DIR = "/var/lib/cni/networks";

/** What host-local does for one request. */
export interface HostLocalConf {
  readonly dataDir: string;
  /** One address of each is handed out. */
  readonly sets: readonly RangeSet[];
  readonly routes: readonly CniRoute[];
  readonly resolvConf: string | undefined;
  /** Addresses that must be these; prefix lengths given with them do not count. */
  readonly requested: readonly IpAddress[];
}

/** `ipam.dataDir`: all that the operations need that look for reservations by their holder. */
export function readDataDir({ conf }: PluginRequest): string {
  const dataDir = requireIpamObject(conf.ipam).text("dataDir") ?? "";
  return dataDir === "" ? DEFAULT_DATA_DIR : withoutLastSlash(dataDir);
}

function withoutLastSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/** Reads and checks the whole configuration; CniError 7 names what is wrong. */
export function readHostLocalConf(request: PluginRequest): HostLocalConf {
  const ipam = requireIpamObject(request.conf.ipam);
  const sets = readRangeSets(request, ipam);
  checkSets(sets, request);
  const routes: CniRoute[] = [];
  for (const route of ipam.objects("routes")) routes.push(decodeRoute(route));
  return {
    dataDir: readDataDir(request),
    sets,
    routes,
    resolvConf: ipam.text("resolvConf") || undefined,
    requested: readRequested(request),
  };
}

function requireIpamObject(ipam: ConfObject | undefined): ConfObject {
  if (ipam !== undefined) return ipam;
  throw invalid('Cannot use the configuration: "ipam" is missing');
}

/** Those of the runtime first, then the single one at the top of `ipam`, then `ipam.ranges`. */
function readRangeSets({ conf }: PluginRequest, ipam: ConfObject): readonly RangeSet[] {
  const single = (ipam.text("subnet") ?? "") === "" ? [] : [[readAddressRange(ipam)]];
  for (const set of single) checkRanges(set, "ipam");
  const sets = [
    ...readNestedRanges(conf.runtimeConfig, "ipRanges"),
    ...single,
    ...readNestedRanges(ipam, "ranges"),
  ];
  if (sets.length > 0) return sets;
  throw invalid('Cannot use "ipam" of the configuration: it has neither "ranges" nor "subnet"');
}

function readNestedRanges(object: ConfObject, key: string): readonly RangeSet[] {
  const sets = object.value(key);
  if (sets === undefined) return [];
  const wrong = (): CniError => object.wrong(key, "a list of lists of ranges");
  if (!Array.isArray(sets)) throw wrong();
  const read: RangeSet[] = [];
  for (const set of sets) {
    if (!Array.isArray(set)) throw wrong();
    const path = `${object.pathOf(key)}[${read.length}]`;
    if (set.length === 0)
      throw invalid(`Cannot use "${path}" of the configuration: it has no range`);
    const ranges: AddressRange[] = [];
    for (const range of set as readonly JsonValue[]) {
      if (!isJsonObject(range)) throw wrong();
      ranges.push(readAddressRange(new ConfObject(range, `${path}[${ranges.length}]`)));
    }
    checkRanges(ranges, path);
    read.push(ranges);
  }
  return read;
}

function checkRanges(set: RangeSet, path: string): void {
  checkRangeSet(set, (what) => invalid(`Cannot use "${path}" of the configuration: ${what}`));
}

function checkSets(sets: readonly RangeSet[], { conf }: PluginRequest): void {
  for (let i = 0; i < sets.length; i++) {
    for (let j = 0; j < i; j++) {
      const overlap = findOverlap(sets[j] ?? [], sets[i] ?? []);
      if (overlap === undefined) continue;
      const [a, b] = overlap;
      throw invalid(
        `Cannot use the ranges of "${conf.name}": ${formatRange(a)} and ${formatRange(b)} overlap, and are in two sets`,
      );
    }
  }
  if (isDouble(sets) && !isAtLeast(conf.cniVersion, "0.3.0")) {
    throw invalid(
      `Cannot use the ranges of "${conf.name}": version "${conf.cniVersion}" has a place for one address of each family`,
    );
  }
}

function findOverlap(
  one: RangeSet,
  other: RangeSet,
): readonly [AddressRange, AddressRange] | undefined {
  for (const b of other) for (const a of one) if (rangesOverlap(a, b)) return [a, b];
  return undefined;
}

/** True where two sets are of one family. */
function isDouble(sets: readonly RangeSet[]): boolean {
  const counts = { 4: 0, 6: 0 };
  for (const [range] of sets) if (range !== undefined) counts[range.subnet.family]++;
  return counts[4] > 1 || counts[6] > 1;
}

/** CNI_ARGS, `args.cni.ips` and the capability `ips` add to each other. */
function readRequested({ args, conf }: PluginRequest): readonly IpAddress[] {
  const { IP } = parseCniArgs(args, ["IP"]);
  const texts = [
    ...(IP === undefined ? [] : [IP]),
    ...(conf.cniArgs.texts("ips") ?? []),
    ...(conf.runtimeConfig.texts("ips") ?? []),
  ];
  const requested: IpAddress[] = [];
  for (const text of texts) {
    const parsed = parseAddress(text.replace(/\/\d+$/, ""));
    if (!parsed.ok) throw invalid(`Cannot use the requested address "${text}": ${parsed.error}`);
    if (isMappedAddress(parsed.value)) {
      throw invalid(`Cannot use the requested address "${text}": it is IPv4 written as IPv6`);
    }
    if (!holdsAddress(requested, parsed.value)) requested.push(parsed.value);
  }
  return requested;
}

function invalid(message: string): CniError {
  return new CniError(CNI_ERROR.invalidConfig, message);
}
