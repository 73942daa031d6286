import { getLink, listAddresses, setLink } from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { Pod } from "../../lib/pod.ts";

/** The link that is meant, whatever CNI_IFNAME says. */
const LO = "lo";

/** Takes a pod's loopback link up. It has no configuration and keeps no state. */
export const loopback: Plugin = {
  name: "loopback",
  supportedVersions: SPEC_VERSIONS,

  add(request) {
    using pod = Pod.open(request.netns);
    setLink(pod.conn, LO, { up: true });
    return request.conf.prevResult ?? describeLo(pod, request);
  },

  del(request) {
    using pod = Pod.find(request.netns);
    if (pod !== undefined) setLink(pod.conn, LO, { up: false });
  },

  check(request) {
    using pod = Pod.open(request.netns);
    if (getLink(pod.conn, LO).isUp) return;
    throw new CniError(CNI_ERROR.internal, `Cannot CHECK: "${LO}" is down in "${request.netns}"`);
  },

  gc() {},
  status() {},
};

/** What an ADD without a plugin before it reports: lo and the addresses that the kernel gave it. */
function describeLo(pod: Pod, { netns }: PluginRequest): CniResult {
  const link = getLink(pod.conn, LO);
  const ips = listAddresses(pod.conn, { linkIndex: link.index }).map((address) => ({
    address: { address: address.address, prefixLength: address.prefixLength },
    interface: 0,
  }));
  return {
    interfaces: [{ name: LO, mac: link.address, sandbox: netns }],
    ips,
    routes: [],
    dns: {},
  };
}
