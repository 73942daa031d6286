import { formatInterfaceAddress } from "../../../ip/mod.ts";
import type { Link } from "../../../rtnl/mod.ts";
import { connectedLink, routeText } from "./kernel-items.ts";
import type { KernelState, NetnsState } from "./kernel-state.ts";

/** A link as a box in a namespace. */
export interface PictureLink {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly mac: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly addresses: readonly string[];
  /** It was not there before ADD. */
  readonly isNew: boolean;
  /** In its namespace: next to the pod, or behind that (a bridge), or the way out. */
  readonly rank: "near" | "middle" | "far";
}

/** A line between two links. */
export interface PictureLine {
  readonly from: string;
  readonly to: string;
  readonly kind: "veth pair" | "port" | "parent" | "forwarding";
}

/** A namespace with those of its links that an attachment has to do with. */
export interface PictureNetns {
  readonly title: string;
  readonly links: readonly PictureLink[];
  readonly routes: readonly string[];
}

/** How an attachment hangs together: the host's and the pod's namespace, and what connects them. */
export interface Picture {
  readonly host: PictureNetns;
  readonly pod: PictureNetns;
  readonly lines: readonly PictureLine[];
}

/** Draws the state after ADD: the pod's links, what they hang on in the host, and the way out. */
export function drawPicture(before: KernelState, after: KernelState, netnsPath: string): Picture {
  const lines = findLines(after);
  const shown = shownHostLinks(before, after, lines);
  // lo is in every namespace: it comes last.
  const podLinks = [...after.pod.links].sort(
    (a, b) => Number(a.name === "lo") - Number(b.name === "lo") || a.index - b.index,
  );
  const ranks = rankHost(shown, lines);
  return {
    host: {
      title: "host",
      links: shown.map((link) =>
        toBox(link, { where: "host", state: after.host, before: before.host, rank: ranks(link) }),
      ),
      routes: routesOf(after.host, new Set(shown.map(({ index }) => index))),
    },
    pod: {
      title: netnsPath,
      links: podLinks.map((link) =>
        toBox(link, { where: "pod", state: after.pod, before: before.pod, rank: "near" }),
      ),
      routes: routesOf(after.pod),
    },
    lines: [
      ...lines.filter(({ from, to }) =>
        [from, to].every(
          (id) => id.startsWith("pod") || shown.some((link) => idOf("host", link) === id),
        ),
      ),
      ...forwarding(after, shown),
    ],
  };
}

function idOf(where: "host" | "pod", { index }: Pick<Link, "index">): string {
  return `${where}-${index}`;
}

/** Everything that is connected, in both namespaces and between them. */
function findLines({ host, pod }: KernelState): readonly PictureLine[] {
  const lines = new Map<string, PictureLine>();
  const add = (from: string, to: string, kind: PictureLine["kind"]): void => {
    const key = kind === "veth pair" ? [from, to].sort().join() : `${from},${to}`;
    if (!lines.has(key)) lines.set(key, { from, to, kind });
  };
  for (const [where, own, other] of [
    ["host", host, pod],
    ["pod", pod, host],
  ] as const) {
    for (const link of own.links) {
      const id = idOf(where, link);
      const connected = connectedLink(link, own, other);
      if (connected !== undefined) {
        const elsewhere = where === "host" ? "pod" : "host";
        const place = connected.isElsewhere ? elsewhere : where;
        add(id, idOf(place, connected.link), link.kind === "veth" ? "veth pair" : "parent");
      }
      if (link.masterIndex !== undefined && link.masterIndex !== 0) {
        add(id, idOf(where, { index: link.masterIndex }), "port");
      }
    }
  }
  return [...lines.values()];
}

/** What is new on the host, what leads into the pod, what that hangs on, and the default route's. */
function shownHostLinks(
  before: KernelState,
  after: KernelState,
  lines: readonly PictureLine[],
): readonly Link[] {
  const known = new Set(before.host.links.map(({ index }) => index));
  const wanted = new Set(
    after.host.links.filter(({ index }) => !known.has(index)).map((link) => idOf("host", link)),
  );
  for (const { from, to } of lines) {
    if (from.startsWith("pod") && to.startsWith("host")) wanted.add(to);
    if (to.startsWith("pod") && from.startsWith("host")) wanted.add(from);
  }
  // A port's bridge, a vlan's parent: twice is as far as it goes.
  for (let depth = 0; depth < 2; depth++) {
    for (const { from, to, kind } of lines) {
      if (kind !== "veth pair" && wanted.has(from) && to.startsWith("host")) wanted.add(to);
    }
  }
  const out = after.host.routes.find(({ destination }) => destination.prefixLength === 0);
  if (out?.linkIndex !== undefined) wanted.add(idOf("host", { index: out.linkIndex }));
  return after.host.links.filter((link) => wanted.has(idOf("host", link)));
}

/** The ways by which packets go from the pod's gateway out of the host, where it forwards. */
function forwarding({ host }: KernelState, shown: readonly Link[]): readonly PictureLine[] {
  const out = host.routes.find(({ destination }) => destination.prefixLength === 0)?.linkIndex;
  if (out === undefined || host.sysctls["ipv4/ip_forward"] !== "1") return [];
  return shown
    .filter((link) => link.index !== out && link.name !== "lo")
    .filter((link) => host.addresses.some(({ linkIndex }) => linkIndex === link.index))
    .map((link) => ({
      from: idOf("host", link),
      to: idOf("host", { index: out }),
      kind: "forwarding",
    }));
}

/** Left to right on the host: the way out, what ports hang on, what leads into the pod. */
function rankHost(
  shown: readonly Link[],
  lines: readonly PictureLine[],
): (link: Link) => PictureLink["rank"] {
  const ids = new Set(shown.map((link) => idOf("host", link)));
  return (link) => {
    const id = idOf("host", link);
    const touching = lines.filter(({ from, to }) => from === id || to === id);
    if (touching.some(({ from, to }) => from.startsWith("pod") || to.startsWith("pod")))
      return "near";
    return touching.some(({ from, to }) => to === id && ids.has(from)) ? "middle" : "far";
  };
}

interface BoxContext {
  readonly where: "host" | "pod";
  readonly state: NetnsState;
  readonly before: NetnsState;
  readonly rank: PictureLink["rank"];
}

function toBox(link: Link, { where, state, before, rank }: BoxContext): PictureLink {
  const { index, name, kind, address, mtu, isUp } = link;
  return {
    id: idOf(where, link),
    name,
    kind: kind === "" ? (name === "lo" ? "loopback" : "device") : kind,
    mac: name === "lo" ? "" : address,
    mtu,
    isUp,
    addresses: state.addresses
      .filter(({ linkIndex }) => linkIndex === index)
      .map((one) => formatInterfaceAddress(one)),
    isNew: !before.links.some((one) => one.index === index && one.name === name),
    rank,
  };
}

/** The routes by some links, or by all. */
function routesOf(state: NetnsState, links?: ReadonlySet<number>): readonly string[] {
  const nameOf = (index: number | undefined): string =>
    state.links.find((link) => link.index === index)?.name ?? `link ${index}`;
  return state.routes
    .filter(
      ({ linkIndex }) => links === undefined || (linkIndex !== undefined && links.has(linkIndex)),
    )
    .map((route) => routeText(route, nameOf));
}
