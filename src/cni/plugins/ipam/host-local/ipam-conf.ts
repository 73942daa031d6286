import { formatAddress, type IpAddress, parseAddress } from "../../../../ip/mod.ts";
import { parseCniArgs } from "../../../conf/cni-args.ts";
import { ConfObject } from "../../../conf/conf-object.ts";
import { isJsonObject, type JsonValue } from "../../../conf/json.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { decodeRoute } from "../../../result/decode-result.ts";
import type { CniRoute } from "../../../result/types.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { isAtLeast } from "../../../version.ts";
import {
  checkRangeSet,
  formatRange,
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
  return dataDir === "" ? DEFAULT_DATA_DIR : dataDir.replace(/(?<=.)\/+$/, "");
}

/** Reads and checks the whole configuration; CniError 7 names what is wrong. */
export function readHostLocalConf(request: PluginRequest): HostLocalConf {
  const ipam = requireIpamObject(request.conf.ipam);
  const sets = readRangeSets(request, ipam);
  checkSets(sets, request);
  return {
    dataDir: readDataDir(request),
    sets,
    routes: ipam.objects("routes").map(decodeRoute),
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
  return sets.map((set: JsonValue, i) => {
    if (!Array.isArray(set) || set.length === 0) throw wrong();
    const path = `${object.pathOf(key)}[${i}]`;
    const ranges = set.map((range: JsonValue, j) => {
      if (!isJsonObject(range)) throw wrong();
      return readAddressRange(new ConfObject(range, `${path}[${j}]`));
    });
    checkRangeSet(ranges, (what) => invalid(`Cannot use "${path}" of the configuration: ${what}`));
    return ranges;
  });
}

function checkSets(sets: readonly RangeSet[], { conf }: PluginRequest): void {
  sets.forEach((set, i) => {
    for (const other of sets.slice(0, i)) {
      for (const [a, b] of set.flatMap((range) => other.map((one) => [one, range] as const))) {
        if (!rangesOverlap(a, b)) continue;
        throw invalid(
          `Cannot use the ranges of "${conf.name}": ${formatRange(a)} and ${formatRange(b)} overlap, and are in two sets`,
        );
      }
    }
  });
  const families = sets.map((set) => set[0]?.subnet.family);
  const isDouble = [4, 6].some((family) => families.filter((f) => f === family).length > 1);
  if (isDouble && !isAtLeast(conf.cniVersion, "0.3.0")) {
    throw invalid(
      `Cannot use the ranges of "${conf.name}": version "${conf.cniVersion}" has a place for one address of each family`,
    );
  }
}

/** CNI_ARGS, `args.cni.ips` and the capability `ips` add to each other. */
function readRequested({ args, conf }: PluginRequest): readonly IpAddress[] {
  const { IP } = parseCniArgs(args, ["IP"]);
  const texts = [
    ...(IP === undefined ? [] : [IP]),
    ...(conf.cniArgs.texts("ips") ?? []),
    ...(conf.runtimeConfig.texts("ips") ?? []),
  ];
  const requested = new Map<string, IpAddress>();
  for (const text of texts) {
    const parsed = parseAddress(text.replace(/\/\d+$/, ""));
    if (!parsed.ok) throw invalid(`Cannot use the requested address "${text}": ${parsed.error}`);
    requested.set(formatAddress(parsed.value), parsed.value);
  }
  return [...requested.values()];
}

function invalid(message: string): CniError {
  return new CniError(CNI_ERROR.invalidConfig, message);
}
