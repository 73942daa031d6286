import { type Conn, NetlinkError } from "../../../netlink/mod.ts";
import {
  createLink,
  deleteLink,
  findLink,
  getLink,
  type Link,
  type LinkSpec,
  setLink,
} from "../../../rtnl/mod.ts";
import { ERRNO } from "../../../sys/mod.ts";
import type { Attachment } from "../../conf/plugin-conf.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { nameTaken } from "./name-taken.ts";
import { findOwnLink, ownerAlias } from "./owned-link.ts";
import type { Pod } from "./pod.ts";

export { nameTaken };

/** Where the link below is: the host's connection, or none where it is in the pod. */
export interface Place {
  readonly pod: Pod;
  readonly host: Conn | undefined;
}

/** A link to make under the name of the attachment's interface; it is made down. */
export type LinkOnMaster = Extract<LinkSpec, { kind: "macvlan" | "ipvlan" | "vlan" }>;

/**
 * Makes a link in a pod on top of another one, in one request and under its final name, and gives
 * it. CniError 999 where the pod has a link of that name already.
 */
export function createOnMaster(
  request: PluginRequest,
  { pod, host }: Place,
  spec: LinkOnMaster,
): Link {
  try {
    if (host === undefined) createLink(pod.conn, spec);
    else createLink(host, { ...spec, netns: pod.netns });
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
    if (findLink(pod.conn, spec.name) !== undefined) throw nameTaken(request);
    if (host === undefined || findLink(host, spec.name) === undefined) throw thrown;
    createByDetour(request, { pod, host }, spec);
  }
  setLink(pod.conn, spec.name, { alias: ownerAlias(request) });
  return getLink(pod.conn, spec.name);
}

/**
 * Kernels before 6.15 look for the name of the new link in the host's namespace although it is to
 * be in the pod's. Where the host has such a link (each has an eth0), the new one gets its name in
 * a second step.
 */
function createByDetour(
  request: PluginRequest,
  { pod, host }: Place & { readonly host: Conn },
  spec: LinkOnMaster,
): void {
  const name = temporaryName(request);
  // What an ADD of this attachment has left that was killed between the two steps.
  deleteLink(pod.conn, name);
  createLink(host, { ...spec, name, netns: pod.netns });
  try {
    setLink(pod.conn, name, { name: spec.name });
  } catch (thrown) {
    deleteLink(pod.conn, name);
    throw thrown;
  }
}

/** Takes away what createOnMaster has made or left half-made; nothing there is no error. */
export function deleteOnMaster(
  request: PluginRequest,
  { conn }: Pod,
  kind: LinkOnMaster["kind"],
): void {
  const link = findOwnLink(conn, request, (one) => one.kind === kind);
  if (link !== undefined) deleteLink(conn, link.index);
  deleteLink(conn, temporaryName(request));
}

/** The same for each attempt of an attachment, and another for every other attachment. */
function temporaryName({ containerId, ifName }: Attachment): string {
  return `nw${Bun.hash(`${containerId}/${ifName}`).toString(16).padStart(16, "0").slice(0, 12)}`;
}
