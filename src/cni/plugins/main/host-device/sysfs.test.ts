import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sysfs } from "./sysfs.ts";

let root: string;
let sysfs: Sysfs;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-sysfs-"));
  sysfs = new Sysfs(root);
  for (const path of [
    "bus/pci/devices/0000:00:03.0/virtio0/net/ens3",
    "bus/pci/devices/0000:01:00.0/net/b1",
    "bus/pci/devices/0000:01:00.0/net/a1",
    "bus/pci/devices/0000:02:00.0",
    "bus/pci/drivers/vfio-pci/0000:02:00.0",
    "bus/pci/drivers/ixgbe/0000:01:00.0",
    "bus/auxiliary/devices/mlx5_core.sf.4/net/sf4",
    "devices/platform/x/net/p0",
  ]) {
    mkdirSync(join(root, path), { recursive: true });
  }
});
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ["0000:01:00.0", ["a1", "b1"]],
  ["0000:00:03.0", ["ens3"]],
  ["0000:02:00.0", []],
  ["0000:09:00.0", []],
])("linksOfPciDevice() of %s", (id, want) => {
  expect(sysfs.linksOfPciDevice(id)).toEqual(want);
});

test("links of other devices", () => {
  expect(sysfs.linksOfAuxiliaryDevice("mlx5_core.sf.4")).toEqual(["sf4"]);
  expect(sysfs.linksOfAuxiliaryDevice("mlx5_core.sf.5")).toEqual([]);
  expect(sysfs.linksOf(`${root}/devices/platform/x`)).toEqual(["p0"]);
});

test("which bus a device is on, and who drives it", () => {
  expect(sysfs.isPciDevice("0000:02:00.0")).toBe(true);
  expect(sysfs.isPciDevice("mlx5_core.sf.4")).toBe(false);
  expect(sysfs.isDrivenByUserspace("0000:02:00.0")).toBe(true);
  expect(sysfs.isDrivenByUserspace("0000:01:00.0")).toBe(false);
  expect(sysfs.isDrivenByUserspace("0000:09:00.0")).toBe(false);
});
