import { expect, test } from "bun:test";
import { describeDrift } from "./status.ts";

const plugins = ["bandwidth", "bridge", "dhcp", "dummy"].map((name) => ({
  path: `/opt/cni/bin/${name}`,
  what: "mode 0700 instead of 0755",
}));

test("describeDrift() has a line for each file, and one for many files of a directory alike", () => {
  const toml = { path: "/etc/containerd/config.toml", what: "changed" };
  expect(describeDrift([])).toEqual([]);
  expect(describeDrift([toml, ...plugins.slice(0, 3)])).toEqual([
    "/etc/containerd/config.toml: changed",
    "/opt/cni/bin/bandwidth: mode 0700 instead of 0755",
    "/opt/cni/bin/bridge: mode 0700 instead of 0755",
    "/opt/cni/bin/dhcp: mode 0700 instead of 0755",
  ]);
  const vlan = { path: "/opt/cni/bin/vlan", what: "absent" };
  expect(describeDrift([...plugins, vlan, toml])).toEqual([
    "/opt/cni/bin: mode 0700 instead of 0755 (bandwidth, bridge, dhcp, dummy)",
    "/opt/cni/bin/vlan: absent",
    "/etc/containerd/config.toml: changed",
  ]);
});
