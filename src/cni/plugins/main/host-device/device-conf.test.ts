import { describe, expect, test } from "bun:test";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { readBusDevice, readDeviceConf, requireDeviceConf } from "./device-conf.ts";

function conf(keys: object) {
  const base = { cniVersion: "1.1.0", name: "net", type: "host-device" };
  return parsePluginConf(JSON.stringify({ ...base, ...keys }));
}
const PCI = "0000:03:00.1";
const PATH = "/sys/devices/pci0000:00/0000:00:19.0";

describe("readDeviceConf()", () => {
  test.each([
    ["nothing", {}, undefined],
    ["empty texts", { device: "", hwaddr: "", kernelpath: "", pciBusID: "" }, undefined],
    ["a name", { device: "ens3" }, { by: "name", name: "ens3" }],
    [
      "an address",
      { hwaddr: "02-00-00-00-00-0A" },
      { by: "hardware address", address: "02:00:00:00:00:0a" },
    ],
    ["a path", { kernelpath: `${PATH}/` }, { by: "kernel path", path: PATH }],
    ["a PCI device", { pciBusID: PCI }, { by: "bus", id: PCI, isPci: true }],
    [
      "what the runtime gives",
      { runtimeConfig: { deviceID: "mlx5_core.sf.4" } },
      { by: "bus", id: "mlx5_core.sf.4", isPci: false },
    ],
    [
      "the runtime's goes before the configuration's",
      { pciBusID: "0000:00:00.0", runtimeConfig: { deviceID: PCI } },
      { by: "bus", id: PCI, isPci: false },
    ],
    [
      "a name goes before everything",
      { device: "ens3", hwaddr: "x", kernelpath: "x", pciBusID: PCI },
      { by: "name", name: "ens3" },
    ],
    [
      "an address goes before a path",
      { hwaddr: "02:00:00:00:00:0a", kernelpath: PATH },
      { by: "hardware address", address: "02:00:00:00:00:0a" },
    ],
  ])("%s", (_name, keys, want) => {
    const read = readDeviceConf(conf(keys));
    // cast: the rows have different shapes
    expect(read as unknown).toEqual(want);
  });

  test.each([
    ["no address", { hwaddr: "ens3" }, '"hwaddr"'],
    ["a relative path", { kernelpath: "sys/devices/x" }, '"kernelpath"'],
    ["a path elsewhere", { kernelpath: "/sys/class/net/ens3" }, '"kernelpath"'],
    ["a path that leads out", { kernelpath: "/sys/devices/../class" }, '"kernelpath"'],
    ["a path as an identifier", { pciBusID: "../../x" }, '"pciBusID"'],
    ["a directory", { runtimeConfig: { deviceID: ".." } }, '"runtimeConfig.deviceID"'],
    ["a number", { device: 3 }, '"device"'],
  ])("refuses %s", (_name, keys, text) => {
    let thrown: unknown;
    try {
      readDeviceConf(conf(keys));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 7 });
    expect(String(thrown)).toContain(text);
  });
});

test("requireDeviceConf() says what could be set", () => {
  expect(() => requireDeviceConf(conf({}))).toThrow('none of "device", "hwaddr", "kernelpath"');
  expect(requireDeviceConf(conf({ device: "a" }))).toEqual({ by: "name", name: "a" });
});

test("readBusDevice() finds the PCI device beside other properties, and nothing wrong", () => {
  expect(readBusDevice(conf({ device: "ens3", pciBusID: PCI }))).toBe(PCI);
  expect(readBusDevice(conf({ pciBusID: "x", runtimeConfig: { deviceID: PCI } }))).toBe(PCI);
  expect(readBusDevice(conf({ pciBusID: "../x" }))).toBeUndefined();
  expect(readBusDevice(conf({ device: "ens3" }))).toBeUndefined();
});
