import { Conn } from "../../../../netlink/mod.ts";
import type { Link } from "../../../../rtnl/mod.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { Plugin } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attachLink } from "../../lib/attach-link.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { checkFailed } from "../../lib/check-link.ts";
import { createOnMaster, deleteOnMaster } from "../../lib/create-on-master.ts";
import { detachLink } from "../../lib/detach-link.ts";
import { ipamOf, requireIpam } from "../../lib/ipam.ts";
import {
  checkMasterStatus,
  checkMtu,
  findMaster,
  type MasterConf,
  readMasterConf,
} from "../../lib/master.ts";
import { Pod } from "../../lib/pod.ts";
import { requireKind } from "../../lib/require-kind.ts";

/** 4095 is reserved (IEEE 802.1Q). */
const MAX_VLAN_ID = 4094;

/** A link in the pod that has the frames of one VLAN of a link of the host. */
export const vlan: Plugin = {
  name: "vlan",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    const { object } = request.conf;
    const conf = readConf(object);
    requireIpam(request, host);
    using pod = Pod.open(request.netns);
    using hostConn = conf.isInContainer ? undefined : Conn.open();
    const master = findMaster(hostConn ?? pod.conn, conf);
    checkMtu(object, conf, master);
    checkUp(master, CNI_ERROR.notAvailable);
    const link = createOnMaster(
      request,
      { pod, host: hostConn },
      {
        kind: "vlan",
        name: request.ifName,
        parentIndex: master.index,
        id: readVlanId(object),
        ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
      },
    );
    const undo = (): void => deleteOnMaster(request, pod, "vlan");
    return await attachLink(request, host, { pod, link, undo });
  },

  del: (request, host) => detachLink(request, host, (pod) => deleteOnMaster(request, pod, "vlan")),

  check(request, host) {
    const id = readVlanId(request.conf.object);
    return checkAttachedLink(request, host, {
      look: (link) => {
        if (link.kind !== "vlan") throw checkFailed(request, `it is ${link.kind}, not vlan`);
        if (link.vlanId === id) return;
        throw checkFailed(request, `it is of VLAN ${link.vlanId}, not ${id}`);
      },
    });
  },

  gc: (request, host) => ipamOf(request, host)?.gc(),

  async status(request, host) {
    const conf = readConf(request.conf.object);
    using conn = Conn.open();
    requireKind(conn, "vlan");
    checkMasterStatus(conn, request.conf.object, conf);
    if (!conf.isInContainer) checkUp(findMaster(conn, conf), CNI_ERROR.limitedConnectivity);
    await requireIpam(request, host).status();
  },
};

/** As the other plugins on top of a link, but none is meant without a name. */
function readConf(object: ConfObject): MasterConf {
  const conf = readMasterConf(object);
  readVlanId(object);
  if (conf.master === undefined) throw object.wrong("master", "the name of a link");
  return conf;
}

function readVlanId(object: ConfObject): number {
  return object.integer("vlanId", { min: 0, max: MAX_VLAN_ID }) ?? 0;
}

/** The kernel does not take a vlan up whose link below is down (ENETDOWN); those there are cut off. */
function checkUp(master: Link, code: number): void {
  if (master.isUp) return;
  throw new CniError(code, `Cannot use "master" of the configuration: "${master.name}" is down`, {
    fix: `Take it up: ip link set dev ${master.name} up`,
  });
}
