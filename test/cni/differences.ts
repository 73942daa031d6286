/** A difference from the reference plugins that is meant. */
export interface Difference {
  readonly types: readonly string[];
  /** The compared line, with whose it is before it. */
  readonly line: RegExp;
  readonly reason: string;
}

/** Every deliberate difference that a comparison of one ADD can see. */
export const DIFFERENCES: readonly Difference[] = [
  {
    types: ["bridge", "host-device", "host-local", "ipvlan", "macvlan", "ptp", "tap", "vlan"],
    line: /^ours: file \/networks\/\.nodewright\//,
    reason:
      "A reservation has a second name by which DEL finds it without reading all others; the reference passes over it",
  },
];
