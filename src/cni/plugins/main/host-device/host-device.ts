import { Conn } from "../../../../netlink/mod.ts";
import type { Link } from "../../../../rtnl/mod.ts";
import type { PluginConf } from "../../../conf/plugin-conf.ts";
import { CNI_ERROR, CniError, toCniError } from "../../../errors.ts";
import { type CniResult, dnsOr, EMPTY_RESULT } from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attachLink } from "../../lib/attach-link.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { ipamOf, withAddresses } from "../../lib/ipam.ts";
import { Pod } from "../../lib/pod.ts";
import {
  type DeviceConf,
  readBusDevice,
  readDeviceConf,
  requireDeviceConf,
} from "./device-conf.ts";
import { findDevice } from "./find-device.ts";
import { moveIn, moveOut, restoreReturned, undoMove } from "./move-device.ts";
import { Sysfs } from "./sysfs.ts";

/** A device of the host that the pod has as long as it lives. */
export const hostDevice: Plugin = {
  name: "host-device",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    const device = requireDeviceConf(request.conf);
    if (isOfUserspace(request.conf)) return await addWithoutLink(request, host);
    using pod = Pod.open(request.netns);
    using hostConn = Conn.open();
    const search = { host: hostConn, sysfs: new Sysfs(), ifName: request.ifName };
    const found = findDevice(search, device);
    const originalName = nameBefore(found, device);
    const move = { request, host: hostConn, pod };
    const link = moveIn(move, found, originalName);
    const undo = (): void => undoMove(move, found, originalName);
    return await attachLink(request, host, { pod, link, undo });
  },

  del(request, host) {
    const device = (): void => {
      if (!isOfUserspace(request.conf)) giveBack(request);
    };
    const addresses = (): Promise<void> | undefined => ipamOf(request, host)?.del();
    // A dhcp lease is released over the device.
    const isDhcp = request.conf.ipamType === "dhcp";
    return attemptAll(isDhcp ? [addresses, device] : [device, addresses]);
  },

  async check(request, host) {
    if (isOfUserspace(request.conf)) await ipamOf(request, host)?.check();
    else await checkAttachedLink(request, host, { hasOwnMac: true });
  },

  gc(request, host) {
    const devices = (): void => {
      using hostConn = Conn.open();
      restoreReturned(hostConn, request, configuredName(request.conf));
    };
    return attemptAll([devices, () => ipamOf(request, host)?.gc()]);
  },

  async status(request, host) {
    const device = readDeviceConf(request.conf);
    if (device !== undefined && !isOfUserspace(request.conf)) checkDeviceStatus(device);
    await ipamOf(request, host)?.status();
  },
};

function isOfUserspace(conf: PluginConf): boolean {
  const id = readBusDevice(conf);
  return id !== undefined && new Sysfs().isDrivenByUserspace(id);
}

/** A program in the pod drives the device, the kernel has no link for it: there are addresses alone. */
export async function addWithoutLink(request: PluginRequest, host: PluginHost): Promise<CniResult> {
  const { dns } = request.conf;
  const interfaces = [{ name: request.ifName, sandbox: request.netns }];
  const ipam = ipamOf(request, host);
  if (ipam === undefined) return { ...EMPTY_RESULT, interfaces, dns };
  return await withAddresses(ipam, (result) => ({
    ...result,
    interfaces,
    ips: result.ips.map((ip) => ({ ...ip, interface: 0 })),
    dns: dnsOr(dns, result.dns),
  }));
}

/** Where the device has come back by itself under another name, that is not the one from before. */
function nameBefore(link: Link, device: DeviceConf): string {
  return device.by === "name" && link.alias === device.name ? device.name : link.name;
}

function configuredName(conf: PluginConf): string | undefined {
  const name = conf.object.text("device") ?? "";
  return name === "" ? undefined : name;
}

/** A configuration that is wrong by now is no obstacle to DEL. */
function deviceOf(conf: PluginConf): DeviceConf | undefined {
  try {
    return readDeviceConf(conf);
  } catch {
    return undefined;
  }
}

function giveBack(request: PluginRequest): void {
  const name = configuredName(request.conf);
  using hostConn = Conn.open();
  using pod = Pod.find(request.netns);
  const isMoved =
    pod !== undefined && moveOut({ request, host: hostConn, pod }, deviceOf(request.conf));
  if (!isMoved) restoreReturned(hostConn, request, name);
}

function checkDeviceStatus(device: DeviceConf): void {
  using hostConn = Conn.open();
  try {
    findDevice({ host: hostConn, sysfs: new Sysfs(), ifName: "" }, device);
  } catch (thrown) {
    const { message, details } = toCniError(thrown);
    throw new CniError(CNI_ERROR.notAvailable, message, { details });
  }
}
