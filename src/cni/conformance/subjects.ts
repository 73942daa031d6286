import { createLink, deleteLink, findLink } from "../../rtnl/mod.ts";
import type { JsonObject } from "../json.ts";
import { SPEC_VERSIONS } from "../version.ts";
import { type TestHost, UPLINK } from "./test-host.ts";

/** A plugin of the reference set with a configuration that it can serve on a test host. */
export interface Subject {
  readonly type: string;
  /** The versions that the reference plugin accepts. */
  readonly versions: readonly string[];
  /** The kind of link that the kernel must have for it. */
  readonly kind?: "dummy" | "vlan" | "ipvlan" | "vrf";
  /** Puts what the configuration speaks of on the host; called before each ADD. */
  readonly prepare?: (host: TestHost) => void;
  /** The plugin object, without `name`, `cniVersion` and `type`. */
  readonly conf: (host: TestHost) => JsonObject;
  /** Works on what a ptp plugin before it in the list has made. */
  readonly isChained?: true;
  /** DEL leaves of the plugin before it less than ADD needs: that one is called anew for each ADD. */
  readonly usesUp?: true;
  /** What it hands out is there once: STATUS says 50 while an attachment has it. */
  readonly isExclusive?: true;
  /** Gives addresses and touches no link. */
  readonly isIpam?: true;
  /** Needs more than a kernel for ADD: only what comes before ADD is looked at. */
  readonly needs?: string;
}

/** Versions from `first` on. */
function since(first: (typeof SPEC_VERSIONS)[number]): readonly string[] {
  return SPEC_VERSIONS.slice(SPEC_VERSIONS.indexOf(first));
}

/** host-local out of a documentation prefix (RFC 5737), with its files on the test host. */
export function hostLocal(host: TestHost): JsonObject {
  return {
    type: "host-local",
    dataDir: `${host.dataDir}/networks`,
    ranges: [[{ subnet: "198.51.100.0/24" }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
}

/** The device that host-device moves. */
const DEVICE = "dev0";
/** Its other end, which stays on the host. */
const DEVICE_PEER = "dev0p";

/** Every plugin of the reference set. */
export const SUBJECTS: readonly Subject[] = [
  {
    type: "bridge",
    versions: SPEC_VERSIONS,
    conf: (host) => ({
      bridge: "cnitest0",
      isGateway: true,
      ipMasq: true,
      ipam: hostLocal(host),
    }),
  },
  {
    type: "ptp",
    versions: SPEC_VERSIONS,
    conf: (host) => ({ ipMasq: true, ipam: hostLocal(host) }),
  },
  {
    type: "host-device",
    versions: SPEC_VERSIONS,
    isExclusive: true,
    prepare: (host) => {
      if (findLink(host.conn, DEVICE) !== undefined) return;
      // One that went with its pod's namespace takes its other end along a little later.
      host.waitUntilGone(DEVICE_PEER);
      createLink(host.conn, { kind: "veth", name: DEVICE, peer: { name: DEVICE_PEER } });
    },
    conf: (host) => ({ device: DEVICE, ipam: hostLocal(host) }),
  },
  {
    type: "macvlan",
    versions: SPEC_VERSIONS,
    conf: (host) => ({ master: UPLINK, mode: "bridge", ipam: hostLocal(host) }),
  },
  {
    type: "ipvlan",
    versions: SPEC_VERSIONS,
    kind: "ipvlan",
    conf: (host) => ({ master: UPLINK, ipam: hostLocal(host) }),
  },
  {
    type: "vlan",
    versions: SPEC_VERSIONS,
    kind: "vlan",
    conf: (host) => ({ master: UPLINK, vlanId: 42, ipam: hostLocal(host) }),
  },
  {
    type: "dummy",
    versions: SPEC_VERSIONS,
    kind: "dummy",
    conf: (host) => ({ ipam: hostLocal(host) }),
  },
  { type: "loopback", versions: SPEC_VERSIONS, conf: () => ({}) },
  {
    type: "tap",
    versions: SPEC_VERSIONS,
    conf: (host) => ({ owner: 0, group: 0, ipam: hostLocal(host) }),
  },
  {
    type: "host-local",
    versions: SPEC_VERSIONS,
    isIpam: true,
    conf: (host) => ({ ipam: hostLocal(host) }),
  },
  {
    type: "static",
    versions: SPEC_VERSIONS,
    isIpam: true,
    conf: () => ({
      ipam: {
        type: "static",
        addresses: [{ address: "198.51.100.9/24", gateway: "198.51.100.1" }],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    }),
  },
  {
    type: "dhcp",
    versions: SPEC_VERSIONS,
    isIpam: true,
    needs: "a DHCP server and the daemon, which its own tests have",
    conf: (host) => ({ ipam: { type: "dhcp", daemonSocketPath: `${host.dataDir}/dhcp.sock` } }),
  },
  {
    type: "bandwidth",
    versions: since("0.3.0"),
    isChained: true,
    conf: () => ({
      ingressRate: 8_000_000,
      ingressBurst: 8_000_000,
      egressRate: 4_000_000,
      egressBurst: 4_000_000,
    }),
  },
  {
    type: "firewall",
    versions: since("0.4.0"),
    isChained: true,
    conf: (host) => ({ dataDir: `${host.dataDir}/firewall` }),
  },
  {
    type: "portmap",
    versions: SPEC_VERSIONS,
    isChained: true,
    conf: () => ({
      capabilities: { portMappings: true },
      runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
    }),
  },
  { type: "sbr", versions: SPEC_VERSIONS, isChained: true, usesUp: true, conf: () => ({}) },
  {
    type: "tuning",
    versions: SPEC_VERSIONS,
    isChained: true,
    conf: (host) => ({
      sysctl: { "net.core.somaxconn": "512" },
      mtu: 1400,
      dataDir: `${host.dataDir}/tuning`,
    }),
  },
  {
    type: "vrf",
    versions: since("0.3.1"),
    kind: "vrf",
    isChained: true,
    conf: () => ({ vrfname: "blue" }),
  },
];

/** True where the kernel has the kind of link that a plugin makes. */
export function isServedByKernel(host: TestHost, { kind }: Subject): boolean {
  if (kind === undefined) return true;
  const name = "kindtest0";
  const parentIndex = findLink(host.conn, UPLINK)?.index ?? 0;
  const spec = {
    dummy: { kind: "dummy" },
    vlan: { kind: "vlan", parentIndex, id: 7 },
    ipvlan: { kind: "ipvlan", parentIndex, mode: "l2" },
    vrf: { kind: "vrf", table: 9 },
  } as const;
  try {
    createLink(host.conn, { ...spec[kind], name });
  } catch {
    return false;
  }
  deleteLink(host.conn, name);
  return true;
}
