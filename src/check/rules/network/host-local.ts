import type { SourceLocation } from "../../../base/mod.ts";
import type { CniConfig, CniPluginConfig, ConfigNode } from "../../../config/mod.ts";
import {
  addressAt,
  type Cidr,
  cidrContains,
  formatCidr,
  type IpAddress,
  lastAddress,
  parseAddress,
  parseCidr,
} from "../../../ip/mod.ts";
import { claimedProblems, foundOf } from "../../claims.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { checkNames } from "./network-values.ts";

/** NW-D08 */
export const hostLocalRanges = nodeRule({
  id: "NW-D08",
  severity: "error",
  title:
    "Numbers and addresses of a network are such as its plugins take, host-local's ranges above all",
  stages: ["files"],
  places: [
    "/etc/cni/net.d/*: name, bridge, ipam.ranges, ipam.routes, mtu, vlan",
    "machines.txt: POD_SUBNET",
  ],
  symptom:
    "Every sandbox fails: `Network has host bits set`, `Network ... too small to allocate from`, " +
    "`RangeStart ... not in network`, `range set 0 overlaps with 1`, `mixed address families` or `invalid CIDR address`; nodewright's own plugins: " +
    "`is not a network without host bits`.",
  why:
    "host-local wants a network address without host bits, of /30 (/126) or larger, a range inside " +
    "of it, one family in each set, and sets that do not overlap. It looks when a pod starts, not before.",
  fix: "Write ranges as host-local takes them.",
  provoked: { how: "10.200.0.5/24 as the subnet: every sandbox is refused" },
  needs: ["networks", "fileProblems"],
  uses: ["renderProblems", "files", "machine"],
  check({ networks, fileProblems, renderProblems, files, machine }) {
    const templateOf = (subnet: string): string =>
      files?.isComplete === false && machine?.podSubnets.some(({ text }) => text === subnet)
        ? "SUBNET"
        : subnet;
    const ranges = networks.flatMap(({ config, plugins }) =>
      config === undefined
        ? []
        : plugins
            .filter(({ ipamType }) => ipamType?.value === "host-local")
            .map((plugin) => rangesOf(config, plugin)),
    );
    const claimed = claimedProblems("NW-D08", { fileProblems, renderProblems }).toSorted(
      // The renderer knows what a word in a subnet's place was to be.
      (a, b) =>
        Number(b.code === "misspelt-placeholder") - Number(a.code === "misspelt-placeholder"),
    );
    // A line is spoken of once, in the best words; a variable that nothing expands by its own rule.
    const unexpanded = networks.flatMap(({ problems }) =>
      problems.flatMap(({ code, locations: [place] }) =>
        code === "unexpanded-variable" ? `${place?.file}:${place?.line}` : [],
      ),
    );
    const kept = new Map<string, Found>();
    const all = [
      ...networks.flatMap(({ config, plugins }) =>
        config === undefined
          ? []
          : plugins.flatMap((plugin) => flatRanges(config, plugin, templateOf)),
      ),
      ...ranges.flatMap(checkRanges),
      ...networks.flatMap(checkNames),
      ...claimed.map(foundOf),
    ];
    for (const one of all) {
      const [first] = one.locations;
      const key = `${first?.file}:${first?.line}`;
      if (!kept.has(key) && !unexpanded.includes(key)) kept.set(key, one);
    }
    return [...kept.values()];
  },
});

/** `ranges` with a bracket too few: each set is a list, and they are a list. */
function flatRanges(
  { document }: CniConfig,
  { path, hasFlatRanges }: CniPluginConfig,
  templateOf: (subnet: string) => string,
): Found[] {
  if (!hasFlatRanges) return [];
  const at = [...path, "ipam", "ranges"];
  const first = templateOf(firstSubnet(document.node(at)) ?? "SUBNET");
  return [
    {
      message: "The ranges of host-local are no list of lists",
      locations: [document.at(at)],
      fix: `Write "ranges": [[{"subnet": "${first}"}]]`,
    },
  ];
}

function firstSubnet(node: ConfigNode | undefined): string | undefined {
  if (node?.kind === "scalar") return typeof node.value === "string" ? node.value : undefined;
  if (node?.kind === "map") return firstSubnet(node.entries.get("subnet")?.node);
  return firstSubnet(node?.items[0]);
}

/** A range as it is written. */
interface Range {
  readonly set: number;
  readonly subnet: string;
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly gateway: string | undefined;
  readonly location: SourceLocation;
}

interface ParsedRange extends Range {
  readonly cidr: Cidr;
  /** The first and the last address that may be given out. */
  readonly first: bigint;
  readonly last: bigint;
}

function rangesOf({ document }: CniConfig, { path }: CniPluginConfig): Range[] {
  const read = (base: readonly (string | number)[], set: number): Range[] => {
    const text = (key: string): string | undefined => {
      const node = document.node([...base, key]);
      return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
    };
    const subnet = text("subnet");
    if (subnet === undefined) return [];
    const [start, end, gateway] = [text("rangeStart"), text("rangeEnd"), text("gateway")];
    return [{ set, subnet, start, end, gateway, location: document.at([...base, "subnet"]) }];
  };
  const ipam = [...path, "ipam"];
  const ranges = document.node([...ipam, "ranges"]);
  const sets = ranges?.kind === "list" ? ranges.items : [];
  return [
    ...read(ipam, -1),
    ...sets.flatMap((set, i) =>
      set.kind === "list" ? set.items.flatMap((_, j) => read([...ipam, "ranges", i, j], i)) : [],
    ),
  ];
}

function checkRanges(ranges: readonly Range[]): Found[] {
  const found: Found[] = [];
  const parsed = ranges.flatMap((range): ParsedRange[] => {
    const cidr = parseCidr(range.subnet);
    if (!cidr.ok) {
      // What is no address at all the parser and the renderer report.
      if (!range.subnet.includes("/")) return [];
      found.push(at(range, `host-local takes no such subnet: ${cidr.error}`));
      return [];
    }
    const longest = cidr.value.family === 4 ? 30 : 126;
    if (cidr.value.prefixLength > longest) {
      found.push(
        at(
          range,
          `The subnet is too small to allocate from, /${longest} is the least: ${range.subnet}`,
        ),
      );
      return [];
    }
    const outside = (["start", "end", "gateway"] as const).filter(
      (key) => range[key] !== undefined && addressIn(cidr.value, range[key]) === undefined,
    );
    for (const key of outside) {
      const name = { start: "rangeStart", end: "rangeEnd", gateway: "gateway" }[key];
      found.push(at(range, `${name} ${range[key]} is no address of the subnet ${range.subnet}`));
    }
    const start = addressIn(cidr.value, range.start) ?? addressAt(cidr.value, 1n);
    const end = addressIn(cidr.value, range.end)?.value ?? lastUsable(cidr.value);
    if (start.value > end) {
      found.push(
        at(range, `rangeStart ${range.start} is behind the range's end in ${range.subnet}`),
      );
    }
    return outside.length > 0
      ? []
      : [{ ...range, cidr: cidr.value, first: start.value, last: end }];
  });
  return [...found, ...comparePairs(parsed)];
}

/** host-local compares the ranges of a set, and the sets: same family, no address twice. */
function comparePairs(ranges: readonly ParsedRange[]): Found[] {
  return [...mixedFamilies(ranges), ...sharedAddresses(ranges)];
}

function mixedFamilies(ranges: readonly ParsedRange[]): Found[] {
  const firsts = new Map<number, ParsedRange>();
  return ranges.flatMap((range): Found[] => {
    const first = firsts.get(range.set) ?? range;
    firsts.set(range.set, first);
    if (first.cidr.family === range.cidr.family) return [];
    const message = `One set of ranges has two families, which each need a set: ${first.subnet} and ${range.subnet}`;
    return [{ message, locations: [range.location, first.location] }];
  });
}

/** In order of their first addresses, a range is held against the one before it that reaches furthest: never all pairs. */
function sharedAddresses(ranges: readonly ParsedRange[]): Found[] {
  const order = new Map(ranges.map((range, index) => [range, index]));
  const indexOf = (range: ParsedRange): number => order.get(range) ?? 0;
  return ([4, 6] as const).flatMap((family) => {
    const sorted = ranges
      .filter(({ cidr }) => cidr.family === family)
      .toSorted((a, b) => (a.first === b.first ? 0 : a.first < b.first ? -1 : 1));
    let [furthest] = sorted;
    return sorted.slice(1).flatMap((range): Found[] => {
      const before = furthest;
      if (before === undefined) return [];
      if (range.last > before.last) furthest = range;
      if (range.first > before.last) return [];
      return [
        indexOf(before) < indexOf(range) ? bothGiveOut(before, range) : bothGiveOut(range, before),
      ];
    });
  });
}

function bothGiveOut(earlier: ParsedRange, later: ParsedRange): Found {
  return {
    message: `Two ranges give out the same addresses: ${earlier.subnet} and ${later.subnet}`,
    locations: [later.location, earlier.location],
    // host-local takes `subnet` beside `ranges` for one more set of them.
    ...(earlier.set === -1 ? { fix: 'Remove "subnet", which "ranges" has as well' } : {}),
  };
}

function at(range: Range, message: string): Found {
  const cidr = parseCidr(range.subnet);
  const network = /the network is (\S+)$/.exec(cidr.ok ? "" : cidr.error)?.[1];
  return {
    message,
    locations: [range.location],
    ...(network === undefined ? {} : { fix: `Write ${network}` }),
  };
}

function addressIn(cidr: Cidr, text: string | undefined): IpAddress | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  return address?.ok === true && cidrContains(cidr, address.value) ? address.value : undefined;
}

/** The last address of an IPv4 network is its broadcast address. */
function lastUsable(cidr: Cidr): bigint {
  return lastAddress(cidr) - (cidr.family === 4 ? 1n : 0n);
}

/** The subnets of a network as host-local would have them, where they are networks. */
export function hostLocalSubnets(
  plugins: readonly CniPluginConfig[],
): readonly { readonly cidr: Cidr; readonly text: string; readonly location: SourceLocation }[] {
  return plugins
    .filter(({ ipamType }) => ipamType?.value === "host-local")
    .flatMap(({ subnets }) =>
      subnets.flatMap(({ value, location }) => {
        const cidr = parseCidr(value);
        return cidr.ok ? [{ cidr: cidr.value, text: formatCidr(cidr.value), location }] : [];
      }),
    );
}
