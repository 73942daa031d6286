import { Conn } from "../../../../netlink/mod.ts";
import type { Link } from "../../../../rtnl/mod.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { ipamOf, requireIpam } from "../../lib/ipam.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { Pod } from "../../lib/pod.ts";
import { requireKind } from "../../lib/require-kind.ts";
import { collectVethPairs, deleteVethPair } from "../../lib/veth-pair.ts";
import { attachPointToPoint, readMtu } from "./attach.ts";
import { checkPointToPoint } from "./check.ts";

/** Connects each pod with the host by a link of its own; the host routes between them. */
export const ptp: Plugin = {
  name: "ptp",
  supportedVersions: SPEC_VERSIONS,

  add: attachPointToPoint,

  async del(request, host) {
    using masquerade = new Masquerade(request, host);
    const link = (): void => deletePair(request);
    const addresses = (): Promise<void> | undefined => ipamOf(request, host)?.del();
    await attemptAll([
      () => masquerade.tearDown(),
      // The link first: no address may be handed out while it is in use. But dhcp gives a lease
      // back over it.
      ...(request.conf.ipamType === "dhcp" ? [addresses, link] : [link, addresses]),
    ]);
  },

  check: checkPointToPoint,

  async gc(request, host) {
    using masquerade = new Masquerade(request, host);
    using conn = Conn.open();
    await attemptAll([
      () => collectVethPairs(conn, request),
      () => masquerade.collect(),
      () => ipamOf(request, host)?.gc(),
    ]);
  },

  async status(request, host) {
    readMtu(request);
    using masquerade = new Masquerade(request, host);
    using conn = Conn.open();
    requireKind(conn, "veth");
    masquerade.status();
    await requireIpam(request, host).status();
  },
};

function deletePair(request: PluginRequest): void {
  using pod = Pod.find(request.netns);
  using conn = Conn.open();
  const isForeign = ({ masterIndex }: Link): boolean => masterIndex !== undefined;
  deleteVethPair(request, { host: conn, pod, isForeign });
}
