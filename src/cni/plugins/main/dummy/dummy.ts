import { createLink, deleteLink, getLink } from "../../../../rtnl/mod.ts";
import type { Plugin } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed, checkPodLink } from "../../lib/check-link.ts";
import { configureLink } from "../../lib/configure-link.ts";
import { requireIpam, withAddresses } from "../../lib/ipam.ts";
import { Pod } from "../../lib/pod.ts";

/** A link of kind dummy in the pod: it has addresses and leads nowhere. */
export const dummy: Plugin = {
  name: "dummy",
  supportedVersions: SPEC_VERSIONS,

  add(request, host) {
    const { ifName, netns } = request;
    return withAddresses(requireIpam(request, host), (ipamResult) => {
      using pod = Pod.open(netns);
      createLink(pod.conn, { kind: "dummy", name: ifName });
      try {
        const link = getLink(pod.conn, ifName);
        configureLink(pod, { index: link.index, name: ifName }, ipamResult);
        return {
          ...ipamResult,
          interfaces: [{ name: ifName, mac: link.address, sandbox: netns }],
          ips: ipamResult.ips.map((ip) => ({ ...ip, interface: 0 })),
        };
      } catch (thrown) {
        deleteLink(pod.conn, ifName);
        throw thrown;
      }
    });
  },

  del(request, host) {
    return attemptAll([
      // The link first: an address must not be handed out while it is still in use.
      () => {
        using pod = Pod.find(request.netns);
        if (pod !== undefined) deleteLink(pod.conn, request.ifName);
      },
      () => requireIpam(request, host).del(),
    ]);
  },

  async check(request, host) {
    await requireIpam(request, host).check();
    const { prevResult } = request.conf;
    if (prevResult === undefined) return;
    using pod = Pod.open(request.netns);
    const link = checkPodLink(pod, request, prevResult);
    if (link.kind !== "dummy")
      throw checkFailed(request, `it is of kind "${link.kind}", not dummy`);
  },

  gc: (request, host) => requireIpam(request, host).gc(),
  status: (request, host) => requireIpam(request, host).status(),
};
