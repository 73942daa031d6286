import { type Conn, NetlinkError } from "../../../netlink/mod.ts";
import {
  type BridgePortOptions,
  createLinkRequest,
  deleteLink,
  findLink,
  listLinks,
  setBridgePortRequest,
  setLinkRequest,
} from "../../../rtnl/mod.ts";
import { ERRNO } from "../../../sys/mod.ts";
import type { Attachment } from "../../conf/plugin-conf.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { nameTaken } from "./name-taken.ts";
import type { Pod } from "./pod.ts";
import { randomMac } from "./random-mac.ts";

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

/** IFALIASZ without its NUL. */
const LONGEST_ALIAS_BYTES = 255;

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
  const hostMac = randomMac();
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
    setLinkRequest(hostName, { alias: vethAlias(request) }),
    ...(spec.port === undefined ? [] : [setBridgePortRequest(hostName, spec.port)]),
  ]);
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
  const isOwn = hostEnd?.alias === vethAlias(request);
  if (podEnd !== undefined) {
    const isUnfinished = isOwn && !podEnd.isUp && podEnd.parentIndex === hostEnd?.index;
    if (!isUnfinished || staysDown === true) throw nameTaken(request);
  }
  return isOwn && deleteLink(host, hostEnd.index);
}

/**
 * Takes a pair away: by the pod's end, and where that is not to be reached (no namespace was
 * given, or the link was renamed in it) by the host's, if it is this attachment's. Nothing there
 * is no error.
 */
export function deleteVethPair(request: PluginRequest, host: Conn, pod: Pod | undefined): void {
  if (pod !== undefined && deleteLink(pod.conn, request.ifName)) return;
  const hostEnd = findLink(host, hostVethName(request));
  if (hostEnd?.alias === vethAlias(request)) deleteLink(host, hostEnd.index);
}

/** GC: takes away the pairs of attachments of this network that are not in the list of valid ones. */
export function collectVethPairs(host: Conn, { conf }: PluginRequest): void {
  const valid = conf.validAttachments ?? [];
  const kept = new Set<string>();
  for (const attachment of valid) kept.add(vethAlias({ conf, ...attachment }));
  for (const { kind, alias, index } of listLinks(host)) {
    if (kind !== "veth" || alias?.startsWith(aliasPrefix(conf.name)) !== true) continue;
    if (!kept.has(alias)) deleteLink(host, index);
  }
}

/** The name of the host's end: the same for each attempt of an attachment, of others another one. */
export function hostVethName({ conf, containerId, ifName }: Named): string {
  const id = `${conf.name}/${containerId}/${ifName}`;
  return `veth${Bun.SHA256.hash(id, "hex").slice(0, 11)}`;
}

type Named = Attachment & { readonly conf: { readonly name: string } };

/** What the host's end says of itself: `cni:NETWORK/CONTAINER/INTERFACE`, cut where it is too long. */
export function vethAlias({ conf, containerId, ifName }: Named): string {
  const bytes = new TextEncoder().encode(`${aliasPrefix(conf.name)}${containerId}/${ifName}`);
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_ALIAS_BYTES));
}

/** No name of a network has a slash, so no network's prefix begins with another's. */
function aliasPrefix(network: string): string {
  return `cni:${network}/`;
}
