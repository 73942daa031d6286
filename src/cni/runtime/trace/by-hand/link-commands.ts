import { IFF, type Link } from "../../../../rtnl/mod.ts";
import { connectedLink } from "../kernel-items.ts";
import type { NetnsState } from "../kernel-state.ts";
import type { NetnsPrefix } from "./netns-name.ts";

/** A namespace before and after some changes, with the other one of the attachment. */
export interface ChangedSide {
  readonly before: NetnsState;
  readonly after: NetnsState;
  readonly other: { readonly before: NetnsState; readonly after: NetnsState };
  readonly prefix: NetnsPrefix;
  readonly otherPrefix: NetnsPrefix;
}

type Command = readonly string[];

/**
 * `ip link add` for links that are new, those that others hang on first; `ip link set ... netns` for
 * those that came from the other namespace. A veth pair is made once, by the first end that asks.
 */
export function creationCommands(sides: readonly ChangedSide[]): readonly Command[] {
  const made = new Set<string>();
  return sides.flatMap((side) =>
    newLinks(side)
      .sort((a, b) => depth(a, side.after.links) - depth(b, side.after.links))
      .flatMap((link) => creation(link, side, made)),
  );
}

function creation(link: Link, side: ChangedSide, made: Set<string>): readonly Command[] {
  const moved = movedFrom(link, side);
  if (moved !== undefined) return moveCommands(link, moved, side);
  const found = connectedLink(link, side.after, side.other.after);
  const isElsewhere = found?.isElsewhere === true;
  const where = isElsewhere ? side.otherPrefix : side.prefix;
  if (link.kind === "veth") {
    if (made.has(keyOf(link, side))) return [];
    if (found === undefined) return [];
    const peer = ["peer", "name", found.link.name, ...(isElsewhere ? netnsWords(where) : [])];
    made.add(`${(isElsewhere ? where : side.prefix).name} ${found.link.index}`);
    return [[...side.prefix.ip, "link", "add", link.name, "type", "veth", ...peer]];
  }
  const kind = kindWords(link);
  if (kind === undefined) return [];
  if (link.kind === "tun") return [[...side.prefix.ip, "tuntap", "add", "dev", link.name, ...kind]];
  const parent = found === undefined ? [] : ["link", found.link.name];
  const netns = isElsewhere ? netnsWords(side.prefix) : [];
  return [[...where.ip, "link", "add", link.name, ...parent, ...netns, "type", link.kind, ...kind]];
}

/** The shell's own namespace has no name: it is that of process 1. */
function netnsWords({ name }: NetnsPrefix): Command {
  return ["netns", name ?? "1"];
}

/** What follows `type KIND`; undefined for kinds that a listing does not tell enough of. */
function kindWords(link: Link): Command | undefined {
  const { kind, macvlanMode, ipvlanMode, vlanId, vrfTable, vlanFiltering } = link;
  switch (kind) {
    case "bridge":
      return vlanFiltering === true ? ["vlan_filtering", "1"] : [];
    case "dummy":
    case "ifb":
      return [];
    case "macvlan":
    case "macvtap":
      return macvlanMode === undefined ? undefined : ["mode", macvlanMode];
    case "ipvlan":
      return ipvlanMode === undefined ? undefined : ["mode", ipvlanMode];
    case "vlan":
      return vlanId === undefined ? undefined : ["id", String(vlanId)];
    case "vrf":
      return vrfTable === undefined ? undefined : ["table", String(vrfTable)];
    case "tun":
      return ["mode", link.address === "" ? "tun" : "tap"];
    default:
      return undefined;
  }
}

/** The link of the other namespace that is gone there and is here now: a device that was moved. */
function movedFrom(link: Link, { other }: ChangedSide): Link | undefined {
  if (link.address === "") return undefined;
  return other.before.links.find(
    (one) => one.address === link.address && one.kind === link.kind && !hasLink(other.after, one),
  );
}

function moveCommands(link: Link, was: Link, side: ChangedSide): readonly Command[] {
  const { prefix, otherPrefix } = side;
  const move = [...otherPrefix.ip, "link", "set", was.name, ...netnsWords(prefix)];
  if (was.name === link.name) return [move];
  return [move, [...prefix.ip, "link", "set", was.name, "name", link.name]];
}

/** What is set of links that are there now and was not, or was otherwise, before; not whether they are up. */
export function settingCommands(side: ChangedSide): readonly Command[] {
  const { before, after, prefix } = side;
  return after.links.flatMap((link) => {
    const was = before.links.find(({ index }) => index === link.index);
    const moved = movedFrom(link, side);
    const old =
      was !== undefined
        ? settingWords(was, before)
        : moved !== undefined
          ? settingWords(moved, side.other.before)
          : defaultWords(link, side);
    const renamed = was === undefined || was.name === link.name ? [] : [["name", link.name]];
    const changed = settingWords(link, after).filter(
      (words) => !old.some((one) => one.join(" ") === words.join(" ")),
    );
    return [
      ...renamed.map((words) => [...prefix.ip, "link", "set", was?.name ?? "", ...words]),
      ...changed.map((words) => [...prefix.ip, "link", "set", link.name, ...words]),
    ];
  });
}

function settingWords(link: Link, { links }: NetnsState): readonly Command[] {
  const master = links.find(({ index }) => index === link.masterIndex);
  const onOff = (flag: number): string => ((link.flags & flag) === 0 ? "off" : "on");
  return [
    ["mtu", String(link.mtu)],
    ["address", link.address],
    master === undefined ? ["nomaster"] : ["master", master.name],
    ["promisc", onOff(IFF.PROMISC)],
    ["allmulticast", onOff(IFF.ALLMULTI)],
    ["alias", link.alias ?? ""],
  ];
}

/**
 * What a new link has without being told. The kernel makes up its MAC; a bridge takes that of a port
 * until it is given one.
 */
function defaultWords(link: Link, { after, other }: ChangedSide): readonly Command[] {
  const parent = connectedLink(link, after, other.after)?.link;
  const mtu = link.kind === "veth" ? 1500 : (parent?.mtu ?? 1500);
  return [
    ["mtu", String(mtu)],
    ["address", link.kind === "bridge" ? "" : link.address],
    ["nomaster"],
    ["promisc", "off"],
    ["allmulticast", "off"],
    ["alias", ""],
  ];
}

/** `ip link set ... up` and `down`; a new link is down. */
export function upCommands({ before, after, prefix }: ChangedSide): readonly Command[] {
  return after.links.flatMap((link) => {
    const wasUp = before.links.find(({ index }) => index === link.index)?.isUp ?? false;
    if (wasUp === link.isUp) return [];
    return [[...prefix.ip, "link", "set", link.name, link.isUp ? "up" : "down"]];
  });
}

/** `ip link delete` of what has gone; the other end of a veth goes with the first. */
export function deletionCommands(sides: readonly ChangedSide[]): readonly Command[] {
  const gone = new Set<string>();
  return sides.flatMap((side) => {
    const { before, after, other, prefix, otherPrefix } = side;
    return before.links
      .filter((link) => !hasLink(after, link) && movedTo(link, side) === undefined)
      .flatMap((link) => {
        if (gone.has(keyOf(link, side))) return [];
        const peer = connectedLink(link, before, other.before);
        if (link.kind === "veth" && peer !== undefined) {
          const where = peer.isElsewhere ? otherPrefix : prefix;
          gone.add(`${where.name} ${peer.link.index}`);
        }
        return [[...prefix.ip, "link", "delete", link.name]];
      });
  });
}

function movedTo(link: Link, { other }: ChangedSide): Link | undefined {
  if (link.address === "") return undefined;
  return other.after.links.find(
    (one) => one.address === link.address && one.kind === link.kind && !hasLink(other.before, one),
  );
}

function newLinks({ before, after }: ChangedSide): Link[] {
  return after.links.filter((link) => !hasLink(before, link));
}

/** A namespace gives an index once; names may change. */
function hasLink({ links }: NetnsState, { index }: Link): boolean {
  return links.some((one) => one.index === index);
}

function keyOf({ index }: Link, { prefix }: ChangedSide): string {
  return `${prefix.name} ${index}`;
}

/** How many links of the same namespace a link hangs on. */
function depth(link: Link, links: readonly Link[]): number {
  if (link.kind === "veth" || link.parentNetnsId !== undefined) return 0;
  const parent = links.find(({ index }) => index === link.parentIndex);
  return parent === undefined || parent === link ? 0 : 1 + depth(parent, links);
}
