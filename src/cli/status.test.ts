import { describe, expect, test } from "bun:test";
import type { NodeStatus } from "../node/mod.ts";
import { describeDrift, describeStatus, isAsApplied } from "./status.ts";

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

const SOUND: NodeStatus = {
  toolVersion: "0.1.0",
  current: {
    id: 3,
    state: "good",
    startedAtMs: 0,
    toolVersion: "0.1.0",
    desiredDigest: "0".repeat(64),
  },
  units: {
    "containerd.service": { activeState: "active", subState: "running", unitFileState: "enabled" },
  },
  stopped: [],
  drift: [],
  routes: [],
  versions: { containerd: "1.7.24" },
};
const failed = { ...SOUND.current, id: 4, state: "failed", error: "it does not start" } as const;

describe("use 10: a node that is not as it was applied", () => {
  test.each<{ name: string; change: Partial<NodeStatus>; line: string }>([
    {
      name: "a dead containerd",
      change: {
        units: {
          "containerd.service": {
            activeState: "failed",
            subState: "failed",
            unitFileState: "enabled",
          },
        },
        stopped: ["containerd.service"],
      },
      line: "  containerd.service  failed (failed), enabled -- should run",
    },
    {
      name: "a deleted route",
      change: { routes: [{ destination: "10.200.1.0/24", via: "10.0.0.2", found: null }] },
      line: "  drift: route 10.200.1.0/24 via 10.0.0.2: missing",
    },
    {
      name: "a route that leads elsewhere",
      change: { routes: [{ destination: "10.200.1.0/24", via: "10.0.0.2", found: "10.0.0.9" }] },
      line: "  drift: route 10.200.1.0/24 via 10.0.0.2: now via 10.0.0.9",
    },
    {
      name: "a failed apply",
      change: { failed: { ...failed, desiredDigest: "0".repeat(64) } as never },
      line: "  the last apply (generation 4) failed and was rolled back: it does not start",
    },
    {
      name: "a changed file",
      change: { drift: [{ path: "/etc/crictl.yaml", what: "changed" }] },
      line: "  drift: /etc/crictl.yaml: changed",
    },
  ])("$name is named, and makes --exit-code 1", ({ change, line }) => {
    const status = { ...SOUND, ...change };
    expect(isAsApplied(status)).toBe(false);
    expect(describeStatus("node-0", status)).toContain(line);
  });

  test("one that is has no drift, and its columns are aligned", () => {
    expect(isAsApplied(SOUND)).toBe(true);
    expect(describeStatus("node-0", SOUND).slice(1)).toEqual([
      "  containerd.service  active (running), enabled",
      "  containerd          1.7.24",
      "  no drift",
    ]);
  });
});
