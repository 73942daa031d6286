import { Conn } from "../../../../netlink/mod.ts";
import type { Link } from "../../../../rtnl/mod.ts";
import type { ConfObject } from "../../../conf-object.ts";
import type { Plugin } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attachLink } from "../../lib/attach-link.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { checkFailed } from "../../lib/check-link.ts";
import { createOnMaster, deleteOnMaster, type LinkOnMaster } from "../../lib/create-on-master.ts";
import { detachLink } from "../../lib/detach-link.ts";
import { ipamOf } from "../../lib/ipam.ts";
import { checkMasterStatus, checkMtu, findMaster, readMasterConf } from "../../lib/master.ts";
import { Pod } from "../../lib/pod.ts";
import { requestedMac } from "../../lib/requested-mac.ts";
import { requireKind } from "../../lib/require-kind.ts";
import { macInUse, refusedMaster } from "./refusals.ts";

const MODES = ["bridge", "private", "vepa", "passthru"] as const;

/** A link in the pod with a MAC of its own, on top of a link of the host. */
export const macvlan: Plugin = {
  name: "macvlan",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    const { object } = request.conf;
    const conf = readMasterConf(object);
    const mode = readMode(object);
    const broadcastQueueLength = readQueueLength(object);
    const address = requestedMac(request, { hasKey: true });
    using pod = Pod.open(request.netns);
    using hostConn = conf.isInContainer ? undefined : Conn.open();
    const master = findMaster(hostConn ?? pod.conn, conf);
    checkMtu(object, conf, master);
    const spec: LinkOnMaster = {
      kind: "macvlan",
      name: request.ifName,
      parentIndex: master.index,
      mode,
      ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
      ...(address === undefined ? {} : { address }),
      ...(broadcastQueueLength === undefined ? {} : { broadcastQueueLength }),
    };
    let link: Link;
    try {
      link = createOnMaster(request, { pod, host: hostConn }, spec);
    } catch (thrown) {
      throw refusedMaster(thrown, { conn: hostConn ?? pod.conn, master, mode, address });
    }
    const undo = (): void => deleteOnMaster(request, pod, "macvlan");
    try {
      return await attachLink(request, host, { pod, link, undo, announces: true });
    } catch (thrown) {
      throw macInUse(thrown, link.address, master.name);
    }
  },

  del: (request, host) =>
    detachLink(request, host, (pod) => deleteOnMaster(request, pod, "macvlan")),

  check(request, host) {
    const mode = readMode(request.conf.object);
    return checkAttachedLink(request, host, {
      // In passthru mode the link below has it, and takes it from others too.
      hasOwnMac: mode !== "passthru",
      look: (link) => {
        if (link.macvlanMode === mode) return;
        throw checkFailed(request, `it is ${link.macvlanMode ?? link.kind}, not macvlan ${mode}`);
      },
    });
  },

  gc: (request, host) => ipamOf(request, host)?.gc(),

  async status(request, host) {
    const { object } = request.conf;
    const conf = readMasterConf(object);
    readMode(object);
    readQueueLength(object);
    requestedMac(request, { hasKey: true });
    using conn = Conn.open();
    requireKind(conn, "macvlan");
    checkMasterStatus(conn, object, conf);
    await ipamOf(request, host)?.status();
  },
};

function readMode(object: ConfObject): (typeof MODES)[number] {
  return object.choice("mode", MODES) ?? "bridge";
}

/** 0 leaves it to the kernel. */
function readQueueLength(object: ConfObject): number | undefined {
  const length = object.integer("bcqueuelen", { min: 0, max: 0xffff_ffff }) ?? 0;
  return length === 0 ? undefined : length;
}
