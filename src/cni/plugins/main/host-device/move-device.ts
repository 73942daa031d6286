import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import { Netns } from "../../../../netns/mod.ts";
import { findLink, getLink, type Link, listLinks, setLink } from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { checkIfName } from "../../../conf/names.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { nameTaken } from "../../lib/create-on-master.ts";
import { toldMac } from "../../lib/owned-link.ts";
import type { Pod } from "../../lib/pod.ts";
import type { DeviceConf } from "./device-conf.ts";

/** Which device goes where. */
export interface Move {
  readonly request: PluginRequest;
  readonly host: Conn;
  readonly pod: Pod;
}

/** The kernel puts the first free number in place of `%d`, as for devices of pods that are gone. */
const FREE_NAME = "dev%d";

/**
 * Moves a device into the pod and gives it as it is there: in one request it gets its name, keeps
 * the old one as its alias (that of the reference plugin too), and is taken up. Where that fails it
 * is back on the host.
 */
export function moveIn({ request, host, pod }: Move, device: Link, originalName: string): Link {
  const { ifName } = request;
  if (findLink(pod.conn, ifName) !== undefined) throw nameTaken(request);
  try {
    setLink(host, device.index, {
      netns: pod.netns,
      name: ifName,
      alias: originalName,
      up: true,
    });
    return getLink(pod.conn, ifName);
  } catch (thrown) {
    // The kernel moves first and renames then; what fails after the move leaves the device there.
    const stray = listLinks(pod.conn).find(
      ({ name, alias }) => alias === originalName || name === device.name,
    );
    if (stray !== undefined && findLink(host, device.index)?.name !== device.name) {
      if (sendBack(pod, stray, originalName)) restore(host, device, originalName);
    }
    throw thrown;
  }
}

/** Takes a move back for an ADD that fails later: name, alias and whether it is up are as before. */
export function undoMove(move: Move, device: Link, originalName: string): void {
  const link = findLink(move.pod.conn, move.request.ifName);
  if (link === undefined) return;
  if (sendBack(move.pod, link, originalName)) restore(move.host, device, originalName);
}

function restore(host: Conn, device: Link, originalName: string): void {
  const { alias, isUp } = device;
  setLink(host, originalName, { ...(alias === undefined ? {} : { alias }), up: isUp });
}

/**
 * Moves the attachment's device out of the pod, down and under the name that it had before; false
 * where the pod has no such device: one that was renamed there is found, and one that another
 * attachment has moved there is left. Where
 * the host has another link of that name by now, the device gets a free one, and the alias goes on
 * to say which it should have.
 */
export function moveOut({ request, pod }: Move, device: DeviceConf | undefined): boolean {
  for (const link of listLinks(pod.conn)) {
    const originalName = originalNameOf(request, link, device);
    if (originalName === undefined) continue;
    sendBack(pod, link, originalName);
    return true;
  }
  return false;
}

/** False where the device is on the host, but its name is another link's. */
function sendBack(pod: Pod, link: Link, originalName: string): boolean {
  using home = Netns.current();
  try {
    setLink(pod.conn, link.index, { netns: home, name: originalName, alias: "" });
    return true;
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
    // Either it has arrived under the pod's name for it, or the host has links of both names.
    const isStillThere = findLink(pod.conn, link.index)?.name === link.name;
    if (isStillThere) setLink(pod.conn, link.index, { netns: home, name: FREE_NAME });
    return false;
  }
}

/**
 * The name from before of a link in the pod; undefined where it is not this attachment's device.
 * ADD has told its MAC; without that the configuration says which device it is. A link that has no
 * old name as its alias is ours only where ADD has told of it.
 */
function originalNameOf(
  request: PluginRequest,
  link: Link,
  device: DeviceConf | undefined,
): string | undefined {
  const { alias = "" } = link;
  const before = alias !== "" && checkIfName(alias) === undefined ? alias : undefined;
  const configured = device?.by === "name" ? device.name : undefined;
  if (toldMac(request) !== undefined) {
    if (!isOfAttachment(request, link)) return undefined;
    return before ?? (link.name === request.ifName ? configured : undefined);
  }
  if (before === undefined) return undefined;
  if (device?.by === "name") return before === device.name ? before : undefined;
  if (device?.by === "hardware address")
    return link.address === device.address ? before : undefined;
  return link.name === request.ifName ? before : undefined;
}

/**
 * Gives devices their names back that have come back by themselves: the kernel moves a device to
 * the host when its pod's namespace goes. Only where it is sure that the alias is a name from
 * before: it is the configured device's, or ADD has told of a device with this address.
 */
export function restoreReturned(
  host: Conn,
  request: PluginRequest,
  configuredName: string | undefined,
): void {
  const links = listLinks(host);
  for (const link of links) {
    const { alias } = link;
    if (alias === undefined || !looksReturned(link, request.ifName)) continue;
    if (links.some((other) => other.name === alias)) continue;
    if (alias !== configuredName && !isOfAttachment(request, link)) continue;
    // Kernels before 6.2 rename only what is down.
    if (link.isUp) setLink(host, link.index, { up: false });
    setLink(host, link.index, { name: alias, alias: "" });
    if (link.isUp) setLink(host, link.index, { up: true });
  }
}

/**
 * True where a link can be a device that has come back by itself: its alias can be a name, and it
 * is called as it was in the pod or as the kernel calls what comes back to a host that has a link
 * of that name. It comes back down: so is one whose name in the pod nobody knows any more. An alias
 * that somebody has given to a device in use is none of ours.
 */
export function looksReturned({ alias, name, isUp }: Link, ifName: string): boolean {
  if (alias === undefined || alias === name || checkIfName(alias) !== undefined) return false;
  return !isUp || name === ifName || /^dev\d+$/.test(name);
}

/** True where prevResult has the attachment's interface with a link's address. */
function isOfAttachment({ conf, ifName }: PluginRequest, { address }: Link): boolean {
  const interfaces = conf.prevResult?.interfaces ?? [];
  return interfaces.some(
    ({ name, mac, sandbox }) => name === ifName && sandbox !== undefined && mac === address,
  );
}
