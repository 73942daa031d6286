import { Conn } from "../../../../netlink/mod.ts";
import type { PluginConf } from "../../../conf/plugin-conf.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
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

const MODES = ["l2", "l3", "l3s"] as const;

/** A link in the pod that shares the MAC of a link of the host and has addresses of its own. */
export const ipvlan: Plugin = {
  name: "ipvlan",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    const { object, ipamType } = request.conf;
    const conf = readConf(request.conf);
    const mode = readMode(object);
    const addresses = addressesOfPrevious(request.conf);
    if (addresses === undefined && ipamType === undefined) requireIpam(request, host);
    using pod = Pod.open(request.netns);
    using hostConn = conf.isInContainer ? undefined : Conn.open();
    const master = findMaster(hostConn ?? pod.conn, conf);
    checkMtu(object, conf, master);
    const link = createOnMaster(
      request,
      { pod, host: hostConn },
      {
        kind: "ipvlan",
        name: request.ifName,
        parentIndex: master.index,
        mode,
        ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
      },
    );
    const attached = {
      pod,
      link,
      undo: (): void => deleteOnMaster(request, pod, "ipvlan"),
      announces: true,
      ...(addresses === undefined ? {} : { addresses }),
    };
    return await attachLink(request, host, attached);
  },

  del: (request, host) =>
    detachLink(request, host, (pod) => deleteOnMaster(request, pod, "ipvlan")),

  check(request, host) {
    const mode = readMode(request.conf.object);
    return checkAttachedLink(request, host, {
      look: (link) => {
        if (link.ipvlanMode === mode) return;
        throw checkFailed(request, `it is ${link.ipvlanMode ?? link.kind}, not ipvlan ${mode}`);
      },
    });
  },

  gc: (request, host) => ipamOf(request, host)?.gc(),

  async status(request, host) {
    const conf = readMasterConf(request.conf.object);
    readMode(request.conf.object);
    using conn = Conn.open();
    requireKind(conn, "ipvlan");
    // In a list after another plugin the master can be that plugin's link, which is not there yet.
    if (conf.master !== undefined || request.conf.ipamType !== undefined) {
      checkMasterStatus(conn, request.conf.object, conf);
    }
    await ipamOf(request, host)?.status();
  },
};

function readMode(object: ConfObject): (typeof MODES)[number] {
  return object.choice("mode", MODES) ?? "l2";
}

/** In a list after another plugin the master is that plugin's link, unless one is named. */
function readConf({ object, prevResult }: PluginConf): MasterConf {
  const conf = readMasterConf(object);
  if (conf.master !== undefined || prevResult === undefined) return conf;
  const [first, ...others] = prevResult.interfaces;
  if (first !== undefined && first.name !== "" && others.length === 0) {
    return { ...conf, master: first.name };
  }
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot choose a link for ipvlan: "master" is missing, and prevResult has ${prevResult.interfaces.length} interfaces instead of one`,
  );
}

/** The addresses of the plugin before in the list, where the configuration has no ipam of its own. */
function addressesOfPrevious({ ipamType, prevResult }: PluginConf): CniResult | undefined {
  if (ipamType !== undefined || prevResult === undefined) return undefined;
  return prevResult.ips.length === 0 ? undefined : prevResult;
}
