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
  certificates: [],
  versions: { containerd: "1.7.24" },
};
const NOW = new Date("2026-01-01T00:00:00Z");
const until = (date: string, path = "/var/lib/kubelet/kubelet.crt") => ({
  path,
  subject: "system:node:node-0",
  notAfterMs: Date.parse(date),
});
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
    {
      name: "an expired certificate",
      change: { certificates: [until("2025-12-31T10:00:00Z")] },
      line: '  certificate: /var/lib/kubelet/kubelet.crt: "system:node:node-0" expired on 2025-12-31',
    },
  ])("$name is named, and makes --exit-code 1", ({ change, line }) => {
    const status = { ...SOUND, ...change };
    expect(isAsApplied(status, NOW)).toBe(false);
    expect(describeStatus("node-0", status, NOW)).toContain(line);
  });

  test("one that is has no drift, and its columns are aligned", () => {
    expect(isAsApplied(SOUND, NOW)).toBe(true);
    expect(describeStatus("node-0", SOUND, NOW).slice(1)).toEqual([
      "  containerd.service  active (running), enabled",
      "  containerd          1.7.24",
      "  no drift",
    ]);
  });
});

describe("use 14: status shows when certificates end", () => {
  test.each([
    ["none", [], []],
    [
      "the first end of those that are valid",
      [until("2027-06-01T00:00:00Z", "/b"), until("2027-01-01T00:00:00Z", "/a")],
      ["  certificates are valid until 2027-01-01"],
    ],
    [
      "each that soon ends, the first one first",
      [until("2026-01-20T00:00:00Z", "/b"), until("2026-01-02T12:00:00Z", "/a")],
      [
        '  certificate: /a: "system:node:node-0" expires on 2026-01-02, in 1 day',
        '  certificate: /b: "system:node:node-0" expires on 2026-01-20, in 19 days',
      ],
    ],
  ])("%s", (_name, certificates, lines) => {
    const status = { ...SOUND, certificates };
    const said = describeStatus("node-0", status, NOW).filter((line) =>
      line.includes("certificate"),
    );
    expect(said).toEqual(lines);
    expect(isAsApplied(status, NOW)).toBe(true);
  });
});
