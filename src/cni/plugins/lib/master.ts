import type { Conn } from "../../../netlink/mod.ts";
import { findLink, getLink, type Link, listRoutes, RT_TABLE } from "../../../rtnl/mod.ts";
import type { ConfObject } from "../../conf-object.ts";
import { CNI_ERROR, CniError, toCniError } from "../../errors.ts";

/** What the configurations of macvlan, ipvlan and vlan have in common. */
export interface MasterConf {
  /** The link below; undefined stands for that of the default route. */
  readonly master: string | undefined;
  /** The link below is in the pod, not on the host. */
  readonly isInContainer: boolean;
  /** Undefined: that of the link below. */
  readonly mtu: number | undefined;
}

/** Reads the keys `master`, `linkInContainer` and `mtu`; CniError 7 where one is wrong. */
export function readMasterConf(object: ConfObject): MasterConf {
  const master = object.text("master") ?? "";
  const mtu = object.integer("mtu", { min: 0 }) ?? 0;
  return {
    master: master === "" ? undefined : master,
    isInContainer: object.boolean("linkInContainer") ?? false,
    mtu: mtu === 0 ? undefined : mtu,
  };
}

/** The link that a configuration means; CniError 7 where it is not there. */
export function findMaster(conn: Conn, { master, isInContainer }: MasterConf): Link {
  const where = isInContainer ? "the pod" : "this host";
  if (master === undefined) {
    const index = defaultRouteLink(conn);
    if (index !== undefined) return getLink(conn, index);
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use the link of the default route: ${where} has no default route`,
      { fix: 'Name the link as "master" in the configuration' },
    );
  }
  const link = findLink(conn, master);
  if (link !== undefined) return link;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot use "master" of the configuration: ${where} has no link "${master}"`,
  );
}

/** Refuses an MTU above that of the link below with CniError 7, before the kernel says ERANGE. */
export function checkMtu(object: ConfObject, { mtu }: MasterConf, link: Link): void {
  if (mtu === undefined || mtu <= link.mtu) return;
  throw object.wrong("mtu", `an integer from 0 to ${link.mtu}, the MTU of "${link.name}"`);
}

/**
 * For STATUS: throws CniError 51 where the named link below is not there or the link is down (what
 * is on top of it leads nowhere), 50 where no route chooses one, 7 for an MTU above its own. One in a pod is
 * not looked for.
 */
export function checkMasterStatus(conn: Conn, object: ConfObject, conf: MasterConf): void {
  if (conf.isInContainer) return;
  let master: Link;
  try {
    master = findMaster(conn, conf);
  } catch (thrown) {
    const { message, details } = toCniError(thrown);
    const isNamed = conf.master !== undefined;
    const code = isNamed ? CNI_ERROR.limitedConnectivity : CNI_ERROR.notAvailable;
    throw new CniError(code, message, { details });
  }
  checkMtu(object, conf, master);
  if (master.isUp) return;
  throw new CniError(
    CNI_ERROR.limitedConnectivity,
    `Cannot reach anything over "${master.name}": the link is down`,
    { fix: `Run ip link set ${master.name} up` },
  );
}

/**
 * The link of the main table's default route, of IPv4 before IPv6, and among several of the one
 * that counts: that with the lowest metric.
 */
function defaultRouteLink(conn: Conn): number | undefined {
  for (const family of [4, 6] as const) {
    const [route] = listRoutes(conn, { family, table: RT_TABLE.MAIN })
      .filter((one) => one.destination.prefixLength === 0 && one.type === "unicast")
      .sort((a, b) => a.priority - b.priority);
    const index = route?.linkIndex ?? route?.nexthops[0]?.linkIndex;
    if (index !== undefined) return index;
  }
  return undefined;
}
