import { Conn } from "../../../../netlink/mod.ts";
import { findLink, hasVlanFiltering, type Link } from "../../../../rtnl/mod.ts";
import { CNI_ERROR } from "../../../errors.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { ipamOf } from "../../lib/ipam.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { Pod } from "../../lib/pod.ts";
import { requireKind } from "../../lib/require-kind.ts";
import { collectVethPairs, deleteVethPair } from "../../lib/veth-pair.ts";
import { attachToBridge } from "./attach.ts";
import { needsVlanFiltering, readBridgeConf } from "./bridge-conf.ts";
import { checkBridge } from "./check.ts";
import { noVlanFiltering, requireBridge } from "./host-bridge.ts";
import { dropSpoofCheck, dropStaleSpoofChecks } from "./spoof-checks.ts";

/** Connects pods to a bridge of the host, which can be their gateway. */
export const bridge: Plugin = {
  name: "bridge",
  supportedVersions: SPEC_VERSIONS,

  add: attachToBridge,

  async del(request, host) {
    using masquerade = new Masquerade(request, host);
    const link = (): void => deletePair(request);
    const addresses = (): Promise<void> | undefined => ipamOf(request, host)?.del();
    await attemptAll([
      () => masquerade.tearDown(),
      () => dropSpoofCheck(request),
      // The link first: no address may be handed out while it is in use. But dhcp gives a lease
      // back over it.
      ...(request.conf.ipamType === "dhcp" ? [addresses, link] : [link, addresses]),
    ]);
  },

  check: checkBridge,

  async gc(request, host) {
    using masquerade = new Masquerade(request, host);
    using conn = Conn.open();
    await attemptAll([
      () => collectVethPairs(conn, request),
      () => dropStaleSpoofChecks(request, conn),
      () => masquerade.collect(),
      () => ipamOf(request, host)?.gc(),
    ]);
  },

  async status(request, host) {
    const conf = readBridgeConf(request);
    using masquerade = new Masquerade(request, host);
    using conn = Conn.open();
    const link = findLink(conn, conf.name);
    if (link !== undefined) requireBridge(link, CNI_ERROR.notAvailable);
    else requireKind(conn, "bridge");
    requireKind(conn, "veth");
    if (needsVlanFiltering(conf) && !hasVlanFiltering()) {
      throw noVlanFiltering(conf, CNI_ERROR.notAvailable);
    }
    masquerade.status();
    await ipamOf(request, host)?.status();
  },
};

function deletePair(request: PluginRequest): void {
  using pod = Pod.find(request.netns);
  using conn = Conn.open();
  const name = request.conf.object.value("bridge") ?? "cni0";
  const isForeign = ({ masterIndex }: Link): boolean =>
    masterIndex !== undefined &&
    (typeof name !== "string" || findLink(conn, name)?.index !== masterIndex);
  deleteVethPair(request, { host: conn, pod, isForeign });
}
