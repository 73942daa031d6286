import { Conn } from "../../../../netlink/mod.ts";
import {
  createLink,
  deleteLink,
  findLink,
  getLink,
  type Link,
  listLinks,
  RT_TABLE,
  setLink,
} from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { isAtLeast, SPEC_VERSIONS } from "../../../version.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { lockPod } from "../../lib/lock-pod.ts";
import { Pod } from "../../lib/pod.ts";
import { requirePrevResult } from "../../lib/prev-result.ts";
import { requireKind } from "../../lib/require-kind.ts";
import { listWays, restoreWays, toldWays } from "./kept-ways.ts";
import { readVrfConf, type VrfConf, vrfNameOf } from "./vrf-conf.ts";

/** Puts a pod's interface into a VRF of the pod: a routing table of its own. */
export const vrf: Plugin = {
  name: "vrf",
  supportedVersions: SPEC_VERSIONS.filter((version) => isAtLeast(version, "0.3.1")),

  add(request) {
    const conf = readVrfConf(request.conf);
    const prevResult = requirePrevResult(request);
    using pod = Pod.open(request.netns);
    lockPod(pod);
    const link = getLink(pod.conn, request.ifName);
    const present = findVrf(pod.conn, conf);
    refuseOtherMaster(pod.conn, link, present);
    const device = present ?? createVrf(pod.conn, conf);
    try {
      enslave(pod.conn, link, { device, prevResult });
    } catch (thrown) {
      if (present === undefined) deleteLink(pod.conn, device.index);
      throw thrown;
    }
    return prevResult;
  },

  del({ conf, netns, ifName }) {
    using pod = Pod.find(netns);
    if (pod === undefined) return;
    lockPod(pod);
    const { conn } = pod;
    const name = vrfNameOf(conf);
    const device = name === undefined ? undefined : findLink(conn, name);
    if (device?.kind !== "vrf") return;
    const ports = listLinks(conn).filter(({ masterIndex }) => masterIndex === device.index);
    const isLast = ports.every((port) => port.name === ifName);
    if (isLast) deleteLink(conn, device.index);
    else if (ports.some((port) => port.name === ifName)) setLink(conn, ifName, { masterIndex: 0 });
  },

  check(request) {
    const conf = readVrfConf(request.conf);
    using pod = Pod.open(request.netns);
    const device = findLink(pod.conn, conf.name);
    const link = findLink(pod.conn, request.ifName);
    const missing = missingOf(request, { conf, device, link });
    if (missing !== undefined) throw checkFailed(request, missing);
  },

  // All that it makes is in the pod's network namespace and goes with it.
  gc() {},

  status({ conf }) {
    readVrfConf(conf);
    using conn = Conn.open();
    requireKind(conn, "vrf");
  },
};

/** The VRF of a configuration; CniError 999 where its name is another link's, or its table another. */
function findVrf(conn: Conn, { name, table }: VrfConf): Link | undefined {
  const device = findLink(conn, name);
  if (device === undefined) return undefined;
  if (device.kind !== "vrf") {
    const kind = device.kind === "" ? "no VRF" : `of kind ${device.kind}, no VRF`;
    throw internal(`Cannot use "${name}" as a VRF: it is ${kind}`);
  }
  if (table !== undefined && device.vrfTable !== table) {
    throw internal(`Cannot use the VRF "${name}": its table is ${device.vrfTable}, not ${table}`);
  }
  return device;
}

function createVrf(conn: Conn, { name, table }: VrfConf): Link {
  createLink(conn, { kind: "vrf", name, table: table ?? freeTable(conn), up: true });
  return getLink(conn, name);
}

/** The first table from 1 on that no VRF has, past those that every packet is looked up in. */
function freeTable(conn: Conn): number {
  const used = new Set<number | undefined>(listLinks(conn).map(({ vrfTable }) => vrfTable));
  for (const common of [RT_TABLE.DEFAULT, RT_TABLE.MAIN, RT_TABLE.LOCAL]) used.add(common);
  let table = 1;
  while (used.has(table)) table++;
  return table;
}

function refuseOtherMaster(conn: Conn, link: Link, device: Link | undefined): void {
  const { masterIndex } = link;
  if (masterIndex === undefined || masterIndex === device?.index) return;
  const master = findLink(conn, masterIndex)?.name ?? `${masterIndex}`;
  throw internal(`Cannot put "${link.name}" into a VRF: it has the master "${master}" already`);
}

interface Enslaving {
  readonly device: Link;
  readonly prevResult: CniResult;
}

/** Makes a link a port of a VRF; its addresses and routes go with it. */
function enslave(conn: Conn, link: Link, { device, prevResult }: Enslaving): void {
  const table = device.vrfTable ?? RT_TABLE.MAIN;
  if (link.masterIndex === device.index) {
    // An ADD before this one may have been cut off between the two steps below.
    restoreWays(conn, link.index, { ...toldWays(prevResult, link.name, link.index), table });
    return;
  }
  const ways = listWays(conn, link.index);
  setLink(conn, link.index, { masterIndex: device.index });
  try {
    if (!device.isUp) setLink(conn, device.index, { up: true });
    restoreWays(conn, link.index, { ...ways, table });
  } catch (thrown) {
    // The error that led here is the one to report.
    try {
      setLink(conn, link.index, { masterIndex: 0 });
      restoreWays(conn, link.index, { ...ways, table: RT_TABLE.MAIN });
    } catch {}
    throw thrown;
  }
}

interface Found {
  readonly conf: VrfConf;
  readonly device: Link | undefined;
  readonly link: Link | undefined;
}

/** What is not as ADD left it; undefined where all is. */
function missingOf({ netns }: PluginRequest, { conf, device, link }: Found): string | undefined {
  const { name, table } = conf;
  if (link === undefined) return `the interface is missing in "${netns}"`;
  if (device?.kind !== "vrf") return `the VRF "${name}" is missing in "${netns}"`;
  if (table !== undefined && device.vrfTable !== table) {
    return `the table of the VRF "${name}" is ${device.vrfTable}, not ${table}`;
  }
  if (!device.isUp) return `the VRF "${name}" is down`;
  return link.masterIndex === device.index ? undefined : `it is not in the VRF "${name}"`;
}

function internal(message: string): CniError {
  return new CniError(CNI_ERROR.internal, message);
}
