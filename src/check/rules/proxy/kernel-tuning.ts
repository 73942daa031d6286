import { isReserved, NODE_PORTS, parseLocalRange } from "../../port-ranges.ts";
import { nodeRule, unknown } from "../../rule.ts";

const OWN_KINDS: ReadonlySet<string> = new Set([
  "bridge",
  "veth",
  "dummy",
  "vxlan",
  "geneve",
  "ipip",
  "tun",
  "wireguard",
]);

/** NW-E12 */
export const reversePath = nodeRule({
  id: "NW-E12",
  severity: "warning",
  title: "Strict reverse path filtering does not meet more than one network",
  stages: ["machine"],
  places: ["net.ipv4.conf.all.rp_filter and default.rp_filter", "links with addresses"],
  symptom:
    "NodePorts and pods are reached from some machines and not from others; counters of `IPReversePathFilter` in nstat rise.",
  why:
    "With rp_filter 1 the kernel drops a packet whose answer would leave by another link. With one " +
    "network card that never happens; with several, or routes that are not symmetric, it does. Of " +
    "all and the link's own value the larger one counts; 2 asks only for some way back.",
  fix: "net.ipv4.conf.all.rp_filter = 2 in /etc/sysctl.d; sysctl --system.",
  provoked: { not: "it takes a machine with two networks, which the lab does not have" },
  needs: ["host"],
  check({ host }) {
    const all = host.sysctls["net.ipv4.conf.all.rp_filter"];
    const standard = host.sysctls["net.ipv4.conf.default.rp_filter"];
    if (all === undefined || all === null) return unknown("the machine does not say its rp_filter");
    const strict = Math.max(Number(all), Number(standard ?? 0)) === 1;
    const outward = host.network.links.filter(
      ({ name, kind, isUp, addresses }) =>
        name !== "lo" &&
        isUp &&
        !OWN_KINDS.has(kind) &&
        addresses.some((text) => !text.includes(":")),
    );
    if (!strict || outward.length < 2) return [];
    const key = all === "1" ? "net.ipv4.conf.all.rp_filter" : "net.ipv4.conf.default.rp_filter";
    return [
      {
        message: `${key} is 1, and the machine has several links outward: ${outward.map(({ name }) => name).join(", ")}`,
        locations: [],
      },
    ];
  },
});

/** NW-E13 */
export const nodePortRange = nodeRule({
  id: "NW-E13",
  severity: "warning",
  title: "The kernel does not give ports of NodePorts to clients",
  stages: ["machine"],
  places: ["net.ipv4.ip_local_port_range, net.ipv4.ip_local_reserved_ports"],
  symptom:
    "Now and then a NodePort, or hostPort, cannot be used: `address already in use`; or an outgoing " +
    "connection hangs because its answers go to a pod.",
  why:
    "Outgoing connections take ports of ip_local_port_range. The kernel's own range begins at 32768, " +
    "above 30000-32767; machines that are tuned for many connections begin at 1024.",
  fix: "net.ipv4.ip_local_reserved_ports = 30000-32767 in /etc/sysctl.d; sysctl --system.",
  provoked: { how: "a local range inside of 30000-32767: a client gets a NodePort" },
  needs: ["host"],
  check({ host: { sysctls } }) {
    const range = parseLocalRange(sysctls["net.ipv4.ip_local_port_range"]);
    if (range === undefined) return unknown("the machine does not say its ip_local_port_range");
    const { first, last } = range;
    if (last < NODE_PORTS.first || first > NODE_PORTS.last) return [];
    const reserved = sysctls["net.ipv4.ip_local_reserved_ports"] ?? "";
    const both = {
      first: Math.max(first, NODE_PORTS.first),
      last: Math.min(last, NODE_PORTS.last),
    };
    if (isReserved(reserved, both)) return [];
    return [
      {
        message: `Clients get ports from ${first} to ${last}, NodePorts are from ${NODE_PORTS.first} to ${NODE_PORTS.last}, and reserved is: ${reserved.trim() || "none"}`,
        locations: [],
      },
    ];
  },
});
