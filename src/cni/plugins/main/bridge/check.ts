import { formatInterfaceAddress } from "../../../../ip/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import { findLink, type Link, listAddresses } from "../../../../rtnl/mod.ts";
import type { CniResult } from "../../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { ownIps } from "../../lib/own-ips.ts";
import {
  type BridgeConf,
  needsVlanFiltering,
  readBridgeConf,
  vlanGatewayName,
} from "./bridge-conf.ts";
import { hasAddress } from "./host-bridge.ts";
import { requireSpoofCheck } from "./spoof-checks.ts";
import { missingVlans } from "./vlans.ts";

/** Whose CHECK it is, and what it looks at. */
interface Checking {
  readonly request: PluginRequest;
  readonly conf: BridgeConf;
  readonly conn: Conn;
  readonly prevResult: CniResult;
}

/**
 * CHECK: the IPAM plugin's word, the pod's end with its addresses and routes, that it is a port of
 * the bridge, the bridge's addresses, and what no result tells: masquerading, VLANs, MAC checks.
 * Whether the bridge is promiscuous is not looked at: a packet capture changes that.
 */
export async function checkBridge(request: PluginRequest, host: PluginHost): Promise<void> {
  const conf = readBridgeConf(request);
  const { prevResult } = request.conf;
  if (prevResult === undefined) return;
  let podEnd: Link | undefined;
  await checkAttachedLink(request, host, {
    hasOwnMac: true,
    look: (link) => {
      podEnd = link;
    },
  });
  if (podEnd === undefined) return;
  using conn = Conn.open();
  const checking = { request, conf, conn, prevResult };
  const hostEnd = checkPort(checking, podEnd);
  checkGateway(checking);
  if (conf.spoofCheck) {
    requireSpoofCheck(request, { hostName: hostEnd.name, podMac: podEnd.address });
  }
  using masquerade = new Masquerade(request, host);
  masquerade.check(ownIps(request, prevResult).map(({ address }) => address));
}

/** The host's end, which must be a port of the bridge, in its VLANs. */
function checkPort({ request, conf, conn }: Checking, podEnd: Link): Link {
  if (podEnd.kind !== "veth" || podEnd.parentIndex === undefined) {
    throw checkFailed(request, `it is of kind "${podEnd.kind}", not veth`);
  }
  const bridge = findLink(conn, conf.name);
  if (bridge?.kind !== "bridge") throw checkFailed(request, `there is no bridge "${conf.name}"`);
  const hostEnd = findLink(conn, podEnd.parentIndex);
  if (hostEnd?.kind !== "veth" || hostEnd.masterIndex !== bridge.index) {
    throw checkFailed(request, `its other end is no port of "${conf.name}"`);
  }
  const missing = needsVlanFiltering(conf) ? missingVlans(conn, hostEnd.index, conf) : "";
  if (missing === "") return hostEnd;
  throw checkFailed(request, `the port "${hostEnd.name}" is not in VLAN ${missing}`);
}

function checkGateway(checking: Checking): void {
  const { request, conf, conn } = checking;
  if (!conf.isGateway) return;
  const name = conf.vlan === 0 ? conf.name : vlanGatewayName(conf);
  const link = findLink(conn, name);
  const present = link === undefined ? [] : listAddresses(conn, { linkIndex: link.index });
  for (const { address, gateway } of ownIps(request, checking.prevResult)) {
    if (gateway === undefined) continue;
    const wanted = { address: gateway, prefixLength: address.prefixLength };
    if (hasAddress(present, wanted)) continue;
    throw checkFailed(request, `"${name}" has not got ${formatInterfaceAddress(wanted)}`);
  }
}
