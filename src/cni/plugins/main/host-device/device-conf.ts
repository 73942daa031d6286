import type { PluginConf } from "../../../conf/plugin-conf.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { normalizeHardwareAddress } from "../../lib/hardware-address.ts";

/** The device that a configuration means, by one of its properties. */
export type DeviceConf =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "hardware address"; readonly address: string }
  /** Of the device that the link belongs to, below /sys/devices. */
  | { readonly by: "kernel path"; readonly path: string }
  /** A PCI device, or one of another bus; `isPci` where the configuration says which it is. */
  | { readonly by: "bus"; readonly id: string; readonly isPci: boolean };

/** An identifier of a bus is one name in a directory: `0000:03:00.1`, `mlx5_core.sf.4`. */
const BUS_ID = /^[0-9A-Za-z][0-9A-Za-z:._-]*$/;

/**
 * The device of a configuration; undefined where it names none (STATUS and GC come without what
 * the runtime gives). Where it names several, `device` goes before `hwaddr`, that before
 * `kernelpath`, and the two kinds of bus come last, the runtime's `deviceID` before `pciBusID`.
 * CniError 7 where a value is wrong.
 */
export function readDeviceConf({ object, runtimeConfig }: PluginConf): DeviceConf | undefined {
  const name = nonEmpty(object, "device");
  if (name !== undefined) return { by: "name", name };
  const address = nonEmpty(object, "hwaddr");
  if (address !== undefined) return { by: "hardware address", address: readAddress(object) };
  const path = nonEmpty(object, "kernelpath");
  if (path !== undefined) return { by: "kernel path", path: readPath(object, path) };
  const deviceId = nonEmpty(runtimeConfig, "deviceID");
  if (deviceId !== undefined) {
    return { by: "bus", id: readBusId(runtimeConfig, "deviceID", deviceId), isPci: false };
  }
  const pci = nonEmpty(object, "pciBusID");
  if (pci === undefined) return undefined;
  return { by: "bus", id: readBusId(object, "pciBusID", pci), isPci: true };
}

/** As readDeviceConf, for ADD: CniError 7 where the configuration names none. */
export function requireDeviceConf(conf: PluginConf): DeviceConf {
  const device = readDeviceConf(conf);
  if (device !== undefined) return device;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot choose a device for "${conf.name}": none of "device", "hwaddr", "kernelpath", "pciBusID" and "runtimeConfig.deviceID" is set`,
  );
}

/** The identifier of a PCI device that a configuration speaks of, whatever else it has. */
export function readBusDevice({ object, runtimeConfig }: PluginConf): string | undefined {
  const id = nonEmpty(runtimeConfig, "deviceID") ?? nonEmpty(object, "pciBusID");
  return id !== undefined && BUS_ID.test(id) ? id : undefined;
}

function nonEmpty(object: ConfObject, key: string): string | undefined {
  const text = object.text(key);
  return text === "" ? undefined : text;
}

function readAddress(object: ConfObject): string {
  const address = normalizeHardwareAddress(object.text("hwaddr") ?? "");
  if (address === undefined) throw object.wrong("hwaddr", "a hardware address");
  return address;
}

function readPath(object: ConfObject, path: string): string {
  const isInside = path.startsWith("/sys/devices/") && !path.split("/").includes("..");
  if (!isInside) throw object.wrong("kernelpath", "a path below /sys/devices/");
  return path.replace(/\/+$/, "");
}

function readBusId(object: ConfObject, key: string, id: string): string {
  if (!BUS_ID.test(id)) throw object.wrong(key, "the name of a device on its bus: 0000:03:00.1");
  return id;
}
