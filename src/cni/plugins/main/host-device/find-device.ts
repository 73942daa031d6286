import type { Conn } from "../../../../netlink/mod.ts";
import { findLink, type Link, listLinks } from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { DeviceConf } from "./device-conf.ts";
import { looksReturned } from "./move-device.ts";
import type { Sysfs } from "./sysfs.ts";

/** Where a device is looked for. */
export interface DeviceSearch {
  readonly host: Conn;
  readonly sysfs: Sysfs;
  /** The name of the attachment's interface; empty for STATUS. */
  readonly ifName: string;
}

/** The link of a device on this host. CniError 7, with what was looked for, where it is not here. */
export function findDevice({ host, sysfs, ifName }: DeviceSearch, device: DeviceConf): Link {
  switch (device.by) {
    case "name":
      return findByName(host, device.name, ifName);
    case "hardware address":
      return findByAddress(host, device.address);
    case "kernel path":
      return firstHere(host, sysfs.linksOf(device.path), `at "${device.path}"`);
    case "bus":
      return findByBus(host, device, sysfs);
  }
}

/**
 * A device whose pod is gone without a DEL is back under the name that it had there: its alias is
 * then the name that it had here.
 */
function findByName(conn: Conn, name: string, ifName: string): Link {
  const link =
    findLink(conn, name) ??
    listLinks(conn).find((one) => one.alias === name && looksReturned(one, ifName));
  if (link !== undefined) return link;
  throw missing(`called "${name}"`);
}

/** Links on top of a device have its address too: the device itself is meant. */
function findByAddress(conn: Conn, address: string): Link {
  const links = listLinks(conn).filter((link) => link.address === address);
  const link = links.find(({ kind }) => kind === "") ?? links[0];
  if (link !== undefined) return link;
  throw missing(`with the address ${address}`);
}

function findByBus(
  conn: Conn,
  { id, isPci }: Extract<DeviceConf, { by: "bus" }>,
  sysfs: Sysfs,
): Link {
  if (isPci || sysfs.isPciDevice(id)) {
    return firstHere(conn, sysfs.linksOfPciDevice(id), `of the PCI device "${id}"`);
  }
  return firstHere(conn, sysfs.linksOfAuxiliaryDevice(id), `of the device "${id}"`);
}

/** sysfs shows the links of the namespace in which it was mounted, which need not be this one. */
function firstHere(conn: Conn, names: readonly string[], which: string): Link {
  for (const name of names) {
    const link = findLink(conn, name);
    if (link !== undefined) return link;
  }
  throw missing(which);
}

function missing(which: string): CniError {
  return new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot find the device: this host has no link ${which}`,
    { fix: "It may be in a pod already, or have no driver" },
  );
}
