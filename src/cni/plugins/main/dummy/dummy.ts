import { Conn, NetlinkError } from "../../../../netlink/mod.ts";
import { createLink, deleteLink, getLink, type Link, setLink } from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attachLink } from "../../lib/attach-link.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { detachLink } from "../../lib/detach-link.ts";
import { ipamOf, requireIpam } from "../../lib/ipam.ts";
import { nameTaken } from "../../lib/name-taken.ts";
import { findOwnLink, ownerAlias } from "../../lib/owned-link.ts";
import { Pod } from "../../lib/pod.ts";
import { requireKind } from "../../lib/require-kind.ts";

/** A link of kind dummy in the pod: it has addresses and leads nowhere. */
export const dummy: Plugin = {
  name: "dummy",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    requireIpam(request, host);
    using pod = Pod.open(request.netns);
    const link = makeLink(request, pod);
    const undo = (): void => removeOwn(request, pod);
    return await attachLink(request, host, { pod, link, undo });
  },

  del: (request, host) => detachLink(request, host, (pod) => removeOwn(request, pod)),

  check: (request, host) =>
    checkAttachedLink(request, host, {
      hasOwnMac: true,
      look: ({ kind }) => {
        if (kind !== "dummy") throw checkFailed(request, `it is of kind "${kind}", not dummy`);
      },
    }),

  gc: (request, host) => ipamOf(request, host)?.gc(),

  async status(request, host) {
    using conn = Conn.open();
    requireKind(conn, "dummy");
    await requireIpam(request, host).status();
  },
};

function makeLink(request: PluginRequest, { conn }: Pod): Link {
  const { ifName } = request;
  try {
    createLink(conn, { kind: "dummy", name: ifName });
  } catch (thrown) {
    const isTaken = thrown instanceof NetlinkError && thrown.errno === ERRNO.EEXIST;
    throw isTaken ? nameTaken(request) : thrown;
  }
  setLink(conn, ifName, { alias: ownerAlias(request) });
  return getLink(conn, ifName);
}

function removeOwn(request: PluginRequest, { conn }: Pod): void {
  const link = findOwnLink(conn, request, ({ kind }) => kind === "dummy");
  if (link !== undefined) deleteLink(conn, link.index);
}
