/** The reference plugins that give a pod an interface. */
export const INTERFACE_PLUGINS: ReadonlySet<string> = new Set([
  "bridge",
  "dummy",
  "host-device",
  "ipvlan",
  "macvlan",
  "ptp",
  "tap",
  "vlan",
]);

/** The reference plugins that only add to what an earlier one of the list has made. */
export const CHAINED_PLUGINS: ReadonlySet<string> = new Set([
  "bandwidth",
  "firewall",
  "portmap",
  "sbr",
  "tuning",
  "vrf",
]);

/** The reference plugins that hand out addresses. */
export const ADDRESS_PLUGINS: ReadonlySet<string> = new Set(["dhcp", "host-local", "static"]);

/** All of them. */
export const REFERENCE_PLUGINS: readonly string[] = [
  ...INTERFACE_PLUGINS,
  ...CHAINED_PLUGINS,
  ...ADDRESS_PLUGINS,
  "loopback",
];
