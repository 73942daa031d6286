import type { Plugin } from "../skel/plugin.ts";
import type { Program } from "./program.ts";

/**
 * Every plugin of this executable: the program that a process of that name is. Each file of
 * programs/ is a bundle of its own in the executable (scripts/build.ts), read as a whole.
 */
const PROGRAMS: Readonly<Record<string, () => Promise<{ readonly program: Program }>>> = {
  bandwidth: () => import("./programs/bandwidth.ts"),
  bridge: () => import("./programs/bridge.ts"),
  dhcp: () => import("./programs/dhcp.ts"),
  dummy: () => import("./programs/dummy.ts"),
  firewall: () => import("./programs/firewall.ts"),
  "host-device": () => import("./programs/host-device.ts"),
  "host-local": () => import("./programs/host-local.ts"),
  ipvlan: () => import("./programs/ipvlan.ts"),
  loopback: () => import("./programs/loopback.ts"),
  macvlan: () => import("./programs/macvlan.ts"),
  portmap: () => import("./programs/portmap.ts"),
  ptp: () => import("./programs/ptp.ts"),
  sbr: () => import("./programs/sbr.ts"),
  static: () => import("./programs/static.ts"),
  tap: () => import("./programs/tap.ts"),
  tuning: () => import("./programs/tuning.ts"),
  vlan: () => import("./programs/vlan.ts"),
  vrf: () => import("./programs/vrf.ts"),
};

/** True where this executable is the plugin of that name. */
export function isPlugin(name: string): boolean {
  return Object.hasOwn(PROGRAMS, name);
}

/** The program of that name; undefined where this executable has none. */
export async function loadProgram(name: string): Promise<Program | undefined> {
  return isPlugin(name) ? (await PROGRAMS[name]?.())?.program : undefined;
}

/** The plugin of that name; undefined where this executable has none. */
export async function loadPlugin(name: string): Promise<Plugin | undefined> {
  return (await loadProgram(name))?.plugin;
}
