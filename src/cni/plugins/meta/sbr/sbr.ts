import type { IpAddress } from "../../../../ip/mod.ts";
import { Conn, NetlinkError } from "../../../../netlink/mod.ts";
import { findLink, getLink, listAddresses, listRules } from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniIp, CniResult } from "../../../result/types.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { lockPod } from "../../lib/lock-pod.ts";
import { Pod } from "../../lib/pod.ts";
import { requirePrevResult } from "../../lib/prev-result.ts";
import { addressesOf } from "./addresses.ts";
import { readSbrConf } from "./sbr-conf.ts";
import { missingWay, steer, unsteer } from "./steering.ts";

/** Source based routing: packets go out by the interface whose address they have. */
export const sbr: Plugin = {
  name: "sbr",
  supportedVersions: SPEC_VERSIONS,

  add(request) {
    const conf = readSbrConf(request.conf);
    const prevResult = requirePrevResult(request);
    const ips = requireAddresses(request, prevResult);
    using pod = Pod.open(request.netns);
    lockPod(pod);
    const { index } = getLink(pod.conn, request.ifName);
    steer({ conn: pod.conn, linkIndex: index, ips }, conf);
    return prevResult;
  },

  del({ conf, netns, ifName }) {
    using pod = Pod.find(netns);
    if (pod === undefined) return;
    lockPod(pod);
    const link = findLink(pod.conn, ifName);
    const present = link === undefined ? [] : listAddresses(pod.conn, { linkIndex: link.index });
    // The interface may have gone, and its addresses with it; ADD told of them.
    const told = conf.prevResult === undefined ? [] : addressesOf(conf.prevResult, ifName);
    const addresses: IpAddress[] = [
      ...present.map(({ address }) => address),
      ...told.map(({ address }) => address.address),
    ];
    const keepsTables = conf.object.has("table");
    unsteer(pod.conn, addresses, { linkIndex: link?.index, keepsTables });
  },

  check(request) {
    const conf = readSbrConf(request.conf);
    const ips = requireAddresses(request, requirePrevResult(request));
    using pod = Pod.open(request.netns);
    const link = findLink(pod.conn, request.ifName);
    if (link === undefined) {
      throw checkFailed(request, `the interface is missing in "${request.netns}"`);
    }
    for (const ip of ips) {
      const missing = missingWay({ conn: pod.conn, linkIndex: link.index, ips }, ip, conf);
      if (missing !== undefined) throw checkFailed(request, missing);
    }
  },

  // All that it makes is in the pod's network namespace and goes with it.
  gc() {},

  status({ conf }) {
    readSbrConf(conf);
    requireRules();
  },
};

function requireAddresses({ ifName }: PluginRequest, result: CniResult): readonly CniIp[] {
  const ips = addressesOf(result, ifName);
  if (ips.length > 0) return ips;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot route by the addresses of "${ifName}": prevResult has none for it`,
  );
}

function requireRules(): void {
  using conn = Conn.open();
  try {
    listRules(conn, 4);
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EOPNOTSUPP) throw thrown;
    throw new CniError(
      CNI_ERROR.notAvailable,
      "Cannot route by source addresses: this kernel has no rules for that",
      { cause: thrown, fix: "Use a kernel with CONFIG_IP_MULTIPLE_TABLES" },
    );
  }
}
