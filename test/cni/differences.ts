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
    types: [
      "bandwidth",
      "bridge",
      "firewall",
      "host-device",
      "host-local",
      "ipvlan",
      "macvlan",
      "portmap",
      "ptp",
      "sbr",
      "tap",
      "tuning",
      "vlan",
      "vrf",
    ],
    line: /^ours: file \/networks\/\.nodewright\//,
    reason:
      "A reservation has a second name by which DEL finds it without reading all others; the reference passes over it",
  },
  {
    types: ["bridge", "ptp"],
    // The table mangle with its base chain, a chain of the attachment, and the way to it.
    line: /^ours: (iptables-save (\*mangle|:FORWARD ACCEPT|-A FORWARD .*--ctstate INVALID|-A CNI-\S+ .*-j (RETURN|DROP)|:CNI-)|nft (table ip mangle|type filter hook forward priority mangle|chain (FORWARD|CNI-\S+) \{|.*\b(drop|return|ct state invalid)\b))/,
    reason:
      "Packets that connection tracking calls invalid would leave with the pod's address: ours drops them",
  },
  {
    types: ["tuning"],
    line: /^ours: host link veth\* veth mtu 1400 /,
    reason:
      "The host's end gets the pod's mtu as well: larger packets would vanish on their way in",
  },
  {
    types: ["tuning"],
    line: /^theirs: host link veth\* veth mtu 1500 /,
    reason: "The other side of the mtu above",
  },
  {
    types: ["vrf"],
    line: /^ours: pod0 route 198\.51\.100\.\S+ .*table 1 /,
    reason:
      "The kernel drops routes by a link that enters a VRF; ours adds them again in the VRF's table, the packaged reference leaves the pod without",
  },
  {
    types: ["firewall"],
    line: /^ours: file \/firewall\//,
    reason: "What was let through is written down, so that DEL and GC need no prevResult",
  },
  {
    types: ["bandwidth"],
    line: /^ours: qdisc qdisc clsact ffff: /,
    reason:
      "What a pod sends is redirected under clsact, which network policies and the like share, where the reference takes the place for itself",
  },
  {
    types: ["bandwidth"],
    line: /^theirs: qdisc qdisc ingress ffff: /,
    reason: "The other side of the clsact above",
  },
];

/** What the packaged reference plugins miss in a CHECK of what ours made, by plugin. */
export const CHECK_ERRORS: Readonly<Record<string, string>> = {
  // It wants the chain of IPv6 for a pod without IPv6, too; later releases do not.
  portmap: "could not check ipv6 dnat",
};
