/**
 * The names of all plugins, sorted. Apart from the registry: what two branches of the executable
 * share is a piece of its own, and the plugins' branch is to be of few.
 */
export const PLUGIN_NAMES: readonly string[] = [
  "bandwidth",
  "bridge",
  "dhcp",
  "dummy",
  "firewall",
  "host-device",
  "host-local",
  "ipvlan",
  "loopback",
  "macvlan",
  "portmap",
  "ptp",
  "sbr",
  "static",
  "tap",
  "tuning",
  "vlan",
  "vrf",
];
