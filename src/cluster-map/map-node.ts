import { cidrContainsCidr, parseCidr } from "../ip/mod.ts";
import type { NetnsNetwork, NodeLink, NodePod, NodeRoute } from "../node/mod.ts";
import type { MapLink, MapNode, MapPod, MapPodLink, MapRoute } from "./cluster-map.ts";
import type { MachineSource, NodeSource } from "./map-sources.ts";

/** Pure: one node's links with the pods behind them, its routes and its pods. */
export function mapNode(node: NodeSource, machines: readonly MachineSource[]): MapNode {
  const { host, pods, frontends } = node.network;
  const behind = podsBehindLinks(node);
  const stray = new Set(strayLinks(node).map(({ index }) => index));
  const known = new Set(host.links.map(({ index }) => index));
  const toLink = (link: NodeLink): MapLink => ({
    name: link.name,
    kind: link.kind,
    isUp: link.isUp,
    mtu: link.mtu,
    addresses: link.addresses,
    received: link.received ?? undefined,
    sent: link.sent ?? undefined,
    pod: behind.get(link.index),
    // A link is no port of itself, whatever a kernel or a broken answer says.
    ports: host.links
      .filter(({ index, masterIndex }) => masterIndex === link.index && index !== link.index)
      .filter(({ kind }) => kind !== "bridge")
      .map(toLink),
    isStray: stray.has(link.index),
  });
  const isRoot = ({ kind, masterIndex }: NodeLink): boolean =>
    kind === "bridge" || masterIndex === null || !known.has(masterIndex);
  return {
    name: node.name,
    address: node.addresses[0] ?? "",
    podSubnets: node.podSubnets,
    links: host.links.filter(isRoot).map(toLink),
    routes: toRoutes(host, machines),
    pods: (pods ?? []).map(toPod).sort((a, b) => fullName(a).localeCompare(fullName(b), "en")),
    hasProxyTable: frontends !== null,
  };
}

/** `default/web-1` */
export function fullName({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** Links of the host, by their index, with the pod's end of the pair: both ends must name each other. */
function podsBehindLinks({ network }: NodeSource): ReadonlyMap<number, MapPodLink> {
  const behind = new Map<number, MapPodLink>();
  for (const pod of network.pods ?? []) {
    for (const link of pod.network?.links ?? []) {
      const peer = hostEnd(link, network.host);
      if (peer === undefined) continue;
      const { namespace, name } = pod;
      behind.set(peer.index, {
        namespace,
        pod: name,
        ifName: link.name,
        addresses: link.addresses.filter((one) => !isLinkLocalText(one)),
      });
    }
  }
  return behind;
}

/** The host's end of a pod's veth. */
export function hostEnd(link: NodeLink, host: NetnsNetwork): NodeLink | undefined {
  if (link.kind !== "veth" || !link.isPeerElsewhere) return undefined;
  return host.links.find(
    ({ index, kind, peerIndex, isPeerElsewhere }) =>
      index === link.peerIndex && kind === "veth" && isPeerElsewhere && peerIndex === link.index,
  );
}

/**
 * Veth ends whose other end is in no known pod. A machine may itself hang on one (a container that is a
 * node): the link with its address or its default route is none. Where the pods are not known, none is.
 */
export function strayLinks(node: NodeSource): readonly NodeLink[] {
  const { host, pods } = node.network;
  if (pods === null || pods.some(({ problem }) => problem !== null)) return [];
  const behind = podsBehindLinks(node);
  return host.links.filter(
    (link) =>
      link.kind === "veth" &&
      link.isPeerElsewhere &&
      !behind.has(link.index) &&
      !host.routes.some((route) => isDefault(route) && route.linkIndex === link.index) &&
      !link.addresses.some((one) => node.addresses.includes(withoutLength(one))),
  );
}

function toPod({ namespace, name, isReady, isHostNetwork, network }: NodePod): MapPod {
  const links = network?.links.filter((link) => link.name !== "lo") ?? [];
  return {
    namespace,
    name,
    isReady,
    isHostNetwork,
    addresses: links
      .flatMap(({ addresses }) => addresses)
      .filter((one) => !isLinkLocalText(one))
      .map(withoutLength),
    routes: network === null ? [] : toRoutes(network, []),
  };
}

function toRoutes(netns: NetnsNetwork, machines: readonly MachineSource[]): MapRoute[] {
  const names = new Map(netns.links.map(({ index, name }) => [index, name]));
  return netns.routes.map(({ destination, gateway, linkIndex, type }) => ({
    destination,
    gateway: gateway ?? undefined,
    link: linkIndex === null ? undefined : names.get(linkIndex),
    type,
    leadsTo: leadsTo(destination, machines),
  }));
}

/** `pods of node-1`, where a destination is a machine's pod subnet or a part of it. */
function leadsTo(destination: string, machines: readonly MachineSource[]): string | undefined {
  const wanted = parseCidr(destination);
  if (!wanted.ok) return undefined;
  const owner = machines.find(({ podSubnets }) =>
    podSubnets.some((text) => {
      const subnet = parseCidr(text);
      return subnet.ok && cidrContainsCidr(subnet.value, wanted.value);
    }),
  );
  return owner === undefined ? undefined : `pods of ${owner.name}`;
}

export function isDefault({ destination }: Pick<NodeRoute, "destination">): boolean {
  return destination === "0.0.0.0/0" || destination === "::/0";
}

/** `10.200.0.5` of `10.200.0.5/24`. */
export function withoutLength(address: string): string {
  return address.replace(/\/\d+$/, "");
}

function isLinkLocalText(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}
