import {
  addressBits,
  formatCidr,
  formatInterfaceAddress,
  type InterfaceAddress,
  networkOf,
} from "../../../../ip/mod.ts";
import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import {
  addAddress,
  addPortVlansRequest,
  createLink,
  deleteAddress,
  deletePortVlansRequest,
  findLink,
  getLink,
  type Link,
  type LinkAddress,
  listAddresses,
  setBridgePort,
  setLink,
} from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { writeSysctlIfThere } from "../../lib/sysctl.ts";
import { vethName } from "../../lib/veth-pair.ts";
import { type BridgeConf, hasVlans } from "./bridge-conf.ts";

/** Makes the bridge where it is missing and gives it; CniError 999 for a link of another kind. */
export function ensureBridge(conn: Conn, conf: BridgeConf): Link {
  const link = findLink(conn, conf.bridge) ?? createBridge(conn, conf);
  if (link.kind !== "bridge") {
    throw new CniError(
      CNI_ERROR.internal,
      `Cannot use "${conf.bridge}" as a bridge: it is a link of kind "${link.kind || "plain"}"`,
    );
  }
  // It may have been there, down; or another ADD is about to take it up.
  if (!link.isUp) setLink(conn, link.index, { up: true });
  if (conf.promisc) setLink(conn, link.index, { promisc: true });
  return link;
}

function createBridge(conn: Conn, conf: BridgeConf): Link {
  const { bridge: name, mtu } = conf;
  try {
    createLink(conn, {
      kind: "bridge",
      name,
      up: true,
      ...(mtu === undefined ? {} : { mtu }),
      ...(hasVlans(conf) ? { vlanFiltering: true } : {}),
    });
  } catch (thrown) {
    // Another ADD was faster.
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
  }
  // A pod must not be able to give the host a default route.
  writeSysctlIfThere(`net/ipv6/conf/${name}/accept_ra`, "0");
  return getLink(conn, name);
}

/** Sets what the bridge does at the port of a pod. */
export function configurePort(conn: Conn, port: Link, conf: BridgeConf): void {
  if (conf.hairpin || conf.isIsolated) {
    setBridgePort(conn, port.index, {
      ...(conf.hairpin ? { hairpin: true } : {}),
      ...(conf.isIsolated ? { isolated: true } : {}),
    });
  }
  if (!hasVlans(conf)) return;
  // Without a VLAN of its own a port keeps the default one for what comes without a tag.
  if (conf.vlan !== undefined && conf.vlan !== 1 && !conf.preserveDefaultVlan) {
    const { op, request } = deletePortVlansRequest(port.index, [{ first: 1 }]);
    conn.request(op, request);
  }
  const native =
    conf.vlan === undefined ? [] : [{ first: conf.vlan, isPvid: true, isUntagged: true }];
  const { op, request } = addPortVlansRequest(port.index, [...native, ...conf.trunk]);
  conn.request(op, request);
}

/**
 * The link that has the gateway's address: the bridge, or with a VLAN a link `BRIDGE.VLAN` of the
 * host that is a port of the bridge in that VLAN.
 */
export function ensureGatewayLink(conn: Conn, bridge: Link, conf: BridgeConf): Link {
  if (conf.vlan === undefined) return bridge;
  const name = `${conf.bridge}.${conf.vlan}`;
  const known = findLink(conn, name);
  if (known !== undefined) return known;
  const port = vethName();
  createLink(conn, {
    kind: "veth",
    name: port,
    up: true,
    masterIndex: bridge.index,
    peer: { name },
  });
  configurePort(conn, getLink(conn, port), { ...conf, hairpin: false, isIsolated: false });
  setLink(conn, name, { up: true });
  return getLink(conn, name);
}

/** Gives the link the gateway's address; CniError 999 where it has another one and must keep it. */
export function ensureGatewayAddress(
  conn: Conn,
  link: Link,
  { address, force }: { readonly address: InterfaceAddress; readonly force: boolean },
): void {
  const { family } = address.address;
  for (const present of listAddresses(conn, { linkIndex: link.index, family })) {
    if (isSame(present, address)) return;
    if (!stands(present, address)) continue;
    if (!force) {
      throw new CniError(
        CNI_ERROR.internal,
        `Cannot give "${link.name}" the address ${formatInterfaceAddress(address)}: it has ${formatInterfaceAddress(present)}`,
        { fix: `Remove the bridge, or set forceAddress to replace its address` },
      );
    }
    const { linkIndex, address: old, prefixLength } = present;
    deleteAddress(conn, { linkIndex, address: old, prefixLength });
  }
  try {
    const broadcast = family === 4 && address.prefixLength < 31;
    addAddress(conn, { linkIndex: link.index, ...address, broadcast, noDad: true });
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
  }
  // A bridge takes the lowest MAC of its ports unless it is told to keep its own.
  setLink(conn, link.index, { address: getLink(conn, link.index).address });
}

function isSame(present: LinkAddress, wanted: InterfaceAddress): boolean {
  return (
    present.address.value === wanted.address.value && present.prefixLength === wanted.prefixLength
  );
}

/** Whether an address is in the way: any of IPv4, of IPv6 one in the same net. */
function stands(present: LinkAddress, wanted: InterfaceAddress): boolean {
  if (wanted.address.family === 4) return true;
  const length = Math.min(present.prefixLength, wanted.prefixLength, addressBits(6));
  const net = (address: InterfaceAddress["address"]): string =>
    formatCidr(networkOf({ address, prefixLength: length }));
  return net(present.address) === net(wanted.address);
}
