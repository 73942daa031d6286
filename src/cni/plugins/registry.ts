import type { Plugin } from "../skel/plugin.ts";
import { SPEC_VERSIONS } from "../version.ts";

/** Every plugin of this executable: a file that is loaded only when it is called. */
const LOADERS: Readonly<Record<string, () => Promise<Plugin>>> = {
  bandwidth: async () => (await import("./meta/bandwidth/bandwidth.ts")).bandwidth,
  bridge: async () => (await import("./main/bridge/bridge.ts")).bridge,
  dhcp: async () => (await import("./ipam/dhcp/dhcp.ts")).dhcp,
  dummy: async () => (await import("./main/dummy/dummy.ts")).dummy,
  firewall: async () => (await import("./meta/firewall/firewall.ts")).firewall,
  "host-device": async () => (await import("./main/host-device/host-device.ts")).hostDevice,
  "host-local": async () => (await import("./ipam/host-local/host-local.ts")).hostLocal,
  ipvlan: async () => (await import("./main/ipvlan/ipvlan.ts")).ipvlan,
  loopback: async () => (await import("./main/loopback/loopback.ts")).loopback,
  macvlan: async () => (await import("./main/macvlan/macvlan.ts")).macvlan,
  portmap: async () => (await import("./meta/portmap/portmap.ts")).portmap,
  ptp: async () => (await import("./main/ptp/ptp.ts")).ptp,
  sbr: async () => (await import("./meta/sbr/sbr.ts")).sbr,
  static: async () => (await import("./ipam/static/static.ts")).staticIpam,
  tap: async () => (await import("./main/tap/tap.ts")).tap,
  tuning: async () => (await import("./meta/tuning/tuning.ts")).tuning,
  vlan: async () => (await import("./main/vlan/vlan.ts")).vlan,
  vrf: async () => (await import("./meta/vrf/vrf.ts")).vrf,
};

/** The names of all plugins, sorted. */
export const PLUGIN_NAMES: readonly string[] = Object.keys(LOADERS).sort();

/** The plugin of that name; undefined where this executable has none. */
export async function loadPlugin(name: string): Promise<Plugin | undefined> {
  return Object.hasOwn(LOADERS, name) ? await LOADERS[name]?.() : undefined;
}

/** The oldest version of the specification that a plugin accepts, where that is not the very first. */
const OLDEST: Readonly<Record<string, (typeof SPEC_VERSIONS)[number]>> = {
  bandwidth: "0.3.0",
  firewall: "0.4.0",
  vrf: "0.3.1",
};

/**
 * The versions of the specification that the plugin of that name accepts, told without loading it;
 * undefined where this executable has none.
 */
export function versionsOf(name: string): readonly string[] | undefined {
  if (!Object.hasOwn(LOADERS, name)) return undefined;
  return SPEC_VERSIONS.slice(SPEC_VERSIONS.indexOf(OLDEST[name] ?? SPEC_VERSIONS[0]));
}
