import { type Conn, NetlinkError } from "../../../netlink/mod.ts";
import {
  type BridgePortOptions,
  createLinkRequest,
  deleteLink,
  findLink,
  type Link,
  listLinks,
  setBridgePortRequest,
  setLinkRequest,
} from "../../../rtnl/mod.ts";
import { ERRNO } from "../../../sys/mod.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { findHostPeer } from "./host-peer.ts";
import { nameTaken } from "./name-taken.ts";
import {
  findOwnLink,
  hasOwner,
  type Named,
  networkAlias,
  ownerAlias,
  toldMac,
} from "./owned-link.ts";
import type { Pod } from "./pod.ts";
import { portMac, randomMac } from "./random-mac.ts";
import { refuseAdvertisements } from "./refuse-advertisements.ts";

/** The two ends of a pair, and where they are. */
export interface VethPlaces {
  readonly host: Conn;
  readonly pod: Pod;
}

/** What a pair is to be like. */
export interface VethSpec {
  /** Of both ends; the kernel's default otherwise. */
  readonly mtu?: number;
  /** Of the pod's end; a random one otherwise. */
  readonly mac?: string;
  /** The bridge whose port the host's end is, and as what. */
  readonly masterIndex?: number;
  readonly port?: BridgePortOptions;
  /** The pod's end stays down after ADD, so that down does not mean unfinished. */
  readonly staysDown?: boolean;
}

/** A pair that was made. */
export interface VethPair {
  readonly hostName: string;
  readonly hostMac: string;
  readonly podMac: string;
}

/**
 * Makes a pair in one step: the host's end up, with a name that follows from the attachment and an
 * alias that tells it (`ip link` shows it); the pod's end down under its final name. What an
 * earlier ADD of the attachment has left unfinished, known by the alias and the pod's end being
 * down, is taken away first. CniError 999 where the pod has a link of that name otherwise.
 */
export function createVethPair(
  request: PluginRequest,
  places: VethPlaces,
  spec: VethSpec,
): VethPair {
  try {
    return create(request, places, spec);
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
    if (!removeUnfinished(request, places, spec)) throw thrown;
    return create(request, places, spec);
  }
}

function create(request: PluginRequest, { host, pod }: VethPlaces, spec: VethSpec): VethPair {
  const hostName = hostVethName(request);
  const hostMac = portMac();
  const podMac = spec.mac ?? randomMac();
  const { mtu, masterIndex } = spec;
  const base = mtu === undefined ? {} : { mtu };
  host.requestAll([
    createLinkRequest({
      kind: "veth",
      name: hostName,
      address: hostMac,
      up: true,
      ...base,
      ...(masterIndex === undefined ? {} : { masterIndex }),
      peer: { name: request.ifName, address: podMac, netns: pod.netns, ...base },
    }),
    setLinkRequest(hostName, { alias: ownerAlias(request) }),
    ...(spec.port === undefined ? [] : [setBridgePortRequest(hostName, spec.port)]),
  ]);
  // The other end is down: nothing can have come in yet.
  refuseAdvertisements(hostName);
  return { hostName, hostMac, podMac };
}

/** True where something unfinished was in the way and is gone. */
function removeUnfinished(
  request: PluginRequest,
  { host, pod }: VethPlaces,
  { staysDown }: VethSpec,
): boolean {
  const podEnd = findLink(pod.conn, request.ifName);
  const hostEnd = findLink(host, hostVethName(request));
  const isOwn = hostEnd?.alias === ownerAlias(request);
  if (podEnd !== undefined) {
    const isUnfinished = isOwn && !podEnd.isUp && podEnd.parentIndex === hostEnd?.index;
    if (!isUnfinished || staysDown === true) throw nameTaken(request);
  }
  return isOwn && deleteLink(host, hostEnd.index);
}

/**
 * Takes an attachment's pair away: by the host's end, whose name and alias say whose it is. One that
 * has no alias is the reference's, and is looked for in the pod; `isForeign` says of the host's end
 * that another plugin or network must have made it. Nothing there is no error.
 */
export function deleteVethPair(request: PluginRequest, { host, pod, isForeign }: VethSearch): void {
  const hostEnd = findLink(host, hostVethName(request));
  if (hostEnd !== undefined && (hostEnd.alias ?? "") === "") {
    // Not yet named by an ADD that was killed.
    deleteLink(host, hostEnd.index);
    return;
  }
  if (hostEnd?.alias === ownerAlias(request)) {
    deleteLink(host, hostEnd.index);
    return;
  }
  if (pod === undefined) return;
  const podEnd = findOwnLink(pod.conn, request, ({ kind }) => kind === "veth");
  if (podEnd === undefined) return;
  const peer = findHostPeer(host, podEnd);
  const isOthers = peer !== undefined && hasOwner(peer) && peer.alias !== ownerAlias(request);
  const isUnknown = toldMac(request) === undefined && peer !== undefined;
  if (isOthers || (isUnknown && isForeign(peer))) return;
  deleteLink(pod.conn, podEnd.index);
}

/** Where a pair is looked for. */
export interface VethSearch {
  readonly host: Conn;
  /** Undefined where the namespace is gone. */
  readonly pod: Pod | undefined;
  readonly isForeign: (hostEnd: Link) => boolean;
}

/** GC: takes away the pairs of attachments of this network that are not in the list of valid ones. */
export function collectVethPairs(host: Conn, { conf }: PluginRequest): void {
  const valid = conf.validAttachments ?? [];
  const kept = new Set<string>();
  for (const attachment of valid) kept.add(ownerAlias({ conf, ...attachment }));
  for (const { kind, alias, index } of listLinks(host)) {
    if (kind !== "veth" || alias?.startsWith(networkAlias(conf.name)) !== true) continue;
    if (!kept.has(alias)) deleteLink(host, index);
  }
}

/** The name of the host's end: the same for each attempt of an attachment, of others another one. */
export function hostVethName({ conf, containerId, ifName }: Named): string {
  const id = `${conf.name}/${containerId}/${ifName}`;
  return `veth${Bun.SHA256.hash(id, "hex").slice(0, 11)}`;
}

/** True where another attachment of a request's network has a pair on this host. */
export function hasOtherPods(host: Conn, request: PluginRequest): boolean {
  const prefix = networkAlias(request.conf.name);
  const own = ownerAlias(request);
  return listLinks(host).some(
    ({ kind, alias }) => kind === "veth" && alias?.startsWith(prefix) === true && alias !== own,
  );
}

/** True for the host's end of a pod's pair, whatever its network. */
export function isPodsLink(link: Link): boolean {
  return link.kind === "veth" && hasOwner(link);
}
