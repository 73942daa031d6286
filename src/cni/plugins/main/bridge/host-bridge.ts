import {
  cidrContains,
  formatInterfaceAddress,
  type InterfaceAddress,
  networkOf,
} from "../../../../ip/mod.ts";
import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import {
  addAddressRequest,
  createLink,
  deleteAddress,
  findLink,
  getLink,
  IFF,
  type Link,
  type LinkAddress,
  listAddresses,
  setBridge,
  setLink,
  setLinkRequest,
} from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { linksWithAdvertisedRoutes } from "../../lib/forwarding.ts";
import { randomMac } from "../../lib/random-mac.ts";
import { refuseAdvertisements } from "../../lib/refuse-advertisements.ts";
import { readSysctl, writeSysctlIfThere } from "../../lib/sysctl.ts";
import { type BridgeConf, needsVlanFiltering } from "./bridge-conf.ts";

/**
 * The bridge, made where it is missing, up, and as the configuration needs it. Another ADD may
 * make it at the same time. CniError 7 where the name is that of a link of another kind.
 */
export function ensureBridge(conn: Conn, conf: BridgeConf): Link {
  const present = findLink(conn, conf.name);
  if (present !== undefined) adoptBridge(conn, present);
  let link = present ?? createBridge(conn, conf);
  requireBridge(link);
  if (needsVlanFiltering(conf) && link.vlanFiltering !== true) filterVlans(conn, link);
  const isPromiscuous = (link.flags & IFF.PROMISC) !== 0;
  if (!link.isUp || (conf.promiscuous && !isPromiscuous)) {
    setLink(conn, link.index, { up: true, ...(conf.promiscuous ? { promisc: true } : {}) });
    link = getLink(conn, link.index);
  }
  return link;
}

/** Throws CniError 7 for a link that is no bridge. */
export function requireBridge({ name, kind }: Link, code: number = CNI_ERROR.invalidConfig): void {
  if (kind === "bridge") return;
  const what = kind === "" ? "hardware" : `of kind "${kind}"`;
  throw new CniError(code, `Cannot use "${name}" as the bridge: it is a link, but ${what}`);
}

/**
 * With a MAC of its own from the start: a bridge without one takes the lowest of its ports', and
 * changes it as pods come and go.
 */
function createBridge(conn: Conn, conf: BridgeConf): Link {
  try {
    createLink(conn, {
      kind: "bridge",
      name: conf.name,
      address: randomMac(),
      ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
      ...(needsVlanFiltering(conf) ? { vlanFiltering: true } : {}),
    });
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError)) throw thrown;
    if (thrown.errno === ERRNO.EOPNOTSUPP && needsVlanFiltering(conf)) {
      throw noVlanFiltering(conf, CNI_ERROR.internal, thrown);
    }
    if (thrown.errno !== ERRNO.EEXIST) throw thrown;
  }
  // Before it is up: a pod must not be able to tell the host a router.
  refuseAdvertisements(conf.name);
  return getLink(conn, conf.name);
}

/**
 * A bridge that was there: it keeps its MAC, which the first port would change, and does not listen
 * to pods' router advertisements. One by which the host has its default route from a router is left
 * as it is: the router is on it.
 */
function adoptBridge(conn: Conn, bridge: Link): void {
  if (bridge.kind !== "bridge") return;
  if (bridge.operState !== "up") setLink(conn, bridge.index, { address: bridge.address });
  if (readSysctl(`net/ipv6/conf/${bridge.name}/accept_ra`) === "0") return;
  if (!linksWithAdvertisedRoutes(conn).some(({ index }) => index === bridge.index)) {
    refuseAdvertisements(bridge.name);
  }
}

function filterVlans(conn: Conn, link: Link): void {
  try {
    setBridge(conn, link.index, { vlanFiltering: true });
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EOPNOTSUPP) throw thrown;
    throw noVlanFiltering(link, CNI_ERROR.internal, thrown);
  }
}

/** The error of a kernel whose bridges know no VLANs. */
export function noVlanFiltering(
  { name }: { readonly name: string },
  code: number,
  cause?: unknown,
): CniError {
  return new CniError(
    code,
    `Cannot keep VLANs apart on "${name}": bridges of this kernel do not filter them`,
    {
      fix: 'Use a kernel with CONFIG_BRIDGE_VLAN_FILTERING, or leave out "vlan" and "vlanTrunk"',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** What ensureAddresses has changed so far. */
export interface AddressChanges {
  readonly added: InterfaceAddress[];
  readonly removed: InterfaceAddress[];
}

interface WantedAddresses {
  readonly wanted: readonly InterfaceAddress[];
  readonly force: boolean;
  readonly changed: AddressChanges;
}

/**
 * Gives the gateway's link the addresses that pods expect. CniError 999 where it has another one
 * of the same family (IPv6: of the same network) and `forceAddress` does not allow to replace it.
 * What is done is told to `changed`, so that a failed ADD can take it back.
 */
export function ensureAddresses(
  conn: Conn,
  link: Pick<Link, "index" | "name">,
  { wanted, force, changed }: WantedAddresses,
): void {
  for (const address of wanted) {
    const { family } = address.address;
    const present = listAddresses(conn, { linkIndex: link.index, family });
    if (hasAddress(present, address)) continue;
    for (const other of present) {
      if (!isInTheWay(other, address)) continue;
      if (!force) throw hasOther(link.name, address, other);
      const { address: old, prefixLength } = other;
      deleteAddress(conn, { linkIndex: link.index, address: old, prefixLength });
      changed.removed.push({ address: old, prefixLength });
    }
    // IPv6 may have been switched off for new links.
    if (family === 6) writeSysctlIfThere(`net/ipv6/conf/${link.name}/disable_ipv6`, "0");
    const broadcast = family === 4 && address.prefixLength < 31;
    const request = addAddressRequest({
      linkIndex: link.index,
      ...address,
      broadcast,
      noDad: true,
    });
    conn.requestAll([
      { ...request, allowed: [ERRNO.EEXIST] },
      // The MAC that it has now, with a port; from now on it stays: pods remember it.
      setLinkRequest(link.index, { address: getLink(conn, link.index).address }),
    ]);
    changed.added.push(address);
  }
}

/** Takes the changes of ensureAddresses back. */
export function restoreAddresses(
  conn: Conn,
  linkIndex: number,
  { added, removed }: AddressChanges,
): void {
  for (const address of added) deleteAddress(conn, { linkIndex, ...address });
  for (const address of removed) {
    const broadcast = address.address.family === 4 && address.prefixLength < 31;
    const request = addAddressRequest({ linkIndex, ...address, broadcast, noDad: true });
    conn.requestAll([{ ...request, allowed: [ERRNO.EEXIST] }]);
  }
}

/** True where a link has exactly this address. */
export function hasAddress(present: readonly LinkAddress[], wanted: InterfaceAddress): boolean {
  const { family, value } = wanted.address;
  for (const { address, prefixLength } of present) {
    const isIt = address.family === family && address.value === value;
    if (isIt && prefixLength === wanted.prefixLength) return true;
  }
  return false;
}

/** A bridge has one IPv4 address, and of IPv6 one of each network. */
function isInTheWay(other: InterfaceAddress, wanted: InterfaceAddress): boolean {
  if (wanted.address.family === 4) return true;
  return (
    cidrContains(networkOf(wanted), other.address) || cidrContains(networkOf(other), wanted.address)
  );
}

function hasOther(name: string, wanted: InterfaceAddress, other: InterfaceAddress): CniError {
  return new CniError(
    CNI_ERROR.internal,
    `Cannot give "${name}" the address ${formatInterfaceAddress(wanted)}: it has ${formatInterfaceAddress(other)}`,
    { fix: 'Use another "bridge" for this network, or let "forceAddress" replace the address' },
  );
}
