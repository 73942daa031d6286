import type { SourceLocation } from "../../../base/mod.ts";
import type { KubeletConfig, KubeProxyConfig } from "../../../config/mod.ts";
import { bindOf } from "../../bind-address.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { isReserved, NODE_PORTS, parseLocalRange } from "../../port-ranges.ts";
import { nodeRule } from "../../rule.ts";

/** A port that a program of the node listens on. */
interface OwnPort {
  readonly option: string;
  readonly port: number;
  readonly host: string;
  readonly program: "kubelet" | "kube-proxy";
  readonly location: SourceLocation;
  readonly isDefault: boolean;
}

/** NW-C26 */
export const ports = nodeRule({
  id: "NW-C26",
  severity: "error",
  title: "The ports of the kubelet and kube-proxy are free, different and nobody else's",
  stages: ["files", "machine"],
  places: [
    "configs/kubelet-config.yaml: port, healthzPort, readOnlyPort",
    "configs/kube-proxy-config.yaml: metricsBindAddress, healthzBindAddress",
    "listening sockets; net.ipv4.ip_local_port_range",
  ],
  symptom:
    "The kubelet ends, again and again: `listen tcp 0.0.0.0:10250: bind: address already in use`; " +
    "kube-proxy goes on without its health check.",
  why:
    "One socket has one owner. A second kubelet (of k3s, microk8s or kubeadm) is the usual one; a port " +
    "among the NodePorts is taken over by kube-proxy's own rules; one in the range of clients can be " +
    "in use at the moment of a restart.",
  fix: "Stop the other program, or choose another port.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig"],
  uses: ["kubeProxyConfig", "host"],
  check({ kubeletConfig, kubeProxyConfig, host }) {
    const own = [
      ...portsOfKubelet(kubeletConfig),
      ...(kubeProxyConfig === undefined ? [] : portsOfProxy(kubeProxyConfig)),
    ];
    return [
      ...judgePairs(own),
      ...own.flatMap((port) => judgeNodePort(port)),
      ...(host === undefined ? [] : own.flatMap((port) => judgeHost(port, host))),
    ];
  },
});

function portsOfKubelet(config: KubeletConfig): readonly OwnPort[] {
  const { address, healthzBindAddress } = config;
  const all = [
    { option: "port", located: config.port, host: address.value },
    { option: "healthzPort", located: config.healthzPort, host: healthzBindAddress.value },
    { option: "readOnlyPort", located: config.readOnlyPort, host: address.value },
  ];
  return all
    .filter(({ located }) => located.value !== 0)
    .map(({ option, located, host }) => ({
      option,
      port: located.value,
      host,
      program: "kubelet",
      location: located.location,
      isDefault: located.isDefault,
    }));
}

function portsOfProxy(config: KubeProxyConfig): readonly OwnPort[] {
  const all = [
    { option: "metricsBindAddress", located: config.metricsBindAddress, standard: 10_249 },
    { option: "healthzBindAddress", located: config.healthzBindAddress, standard: 10_256 },
  ];
  return all.flatMap(({ option, located, standard }): OwnPort[] => {
    const bind = bindOf(located.value, standard);
    if (bind === undefined || bind.port === 0) return [];
    const { location, isDefault } = located;
    return [{ option, ...bind, program: "kube-proxy", location, isDefault }];
  });
}

/** `healthzPort of the kubelet` */
function nameOf({ option, program }: OwnPort): string {
  return `${option} of ${program === "kubelet" ? "the kubelet" : program}`;
}

const isWildcard = (host: string): boolean => host === "" || host === "0.0.0.0" || host === "::";

/** kube-proxy's own two are held against each other by NW-E14. */
function judgePairs(own: readonly OwnPort[]): readonly Found[] {
  return own.flatMap((one, index) =>
    own.slice(0, index).flatMap((other): Found[] => {
      const isSame =
        one.port === other.port &&
        (one.host === other.host || isWildcard(one.host) || isWildcard(other.host));
      if (!isSame || (one.program === "kube-proxy" && other.program === "kube-proxy")) return [];
      const places = [one, other].filter(({ isDefault }) => !isDefault);
      return [
        {
          message: `Two servers of the node have port ${one.port}: ${nameOf(one)} and ${nameOf(other)}`,
          locations: places.map(({ location }) => location),
        },
      ];
    }),
  );
}

function judgeNodePort(own: OwnPort): readonly Found[] {
  const { port, location } = own;
  if (port < NODE_PORTS.first || port > NODE_PORTS.last) return [];
  return [
    {
      message: `${nameOf(own)} lies among the NodePorts ${NODE_PORTS.first} to ${NODE_PORTS.last}: ${port}`,
      locations: [location],
      severity: "warning",
      fix: "Choose a port outside of them, unless the API server has another --service-node-port-range",
    },
  ];
}

function judgeHost(own: OwnPort, host: HostFacts): readonly Found[] {
  const { port, host: address, program, location } = own;
  const found: Found[] = [];
  const taken = host.listeners.find(
    (listener) =>
      listener.port === port &&
      !isOwn(listener.process?.name, program, host) &&
      (isWildcard(address) || isWildcard(listener.address) || listener.address === address),
  );
  if (taken !== undefined) {
    const who =
      taken.process === null
        ? "an unknown program"
        : `${taken.process.name} (process ${taken.process.pid})`;
    found.push({
      message: `Port ${port}, ${nameOf(own)}, is in use by ${who}`,
      locations: [location],
    });
  }
  const range = parseLocalRange(host.sysctls["net.ipv4.ip_local_port_range"]);
  const reserved = host.sysctls["net.ipv4.ip_local_reserved_ports"] ?? "";
  const isClients = range !== undefined && port >= range.first && port <= range.last;
  if (isClients && !isReserved(reserved, { first: port, last: port })) {
    found.push({
      message: `Port ${port}, ${nameOf(own)}, is one that the kernel gives to clients: ip_local_port_range ${range.first} to ${range.last}`,
      locations: [location],
      severity: "warning",
      fix: `Add ${port} to net.ipv4.ip_local_reserved_ports`,
    });
  }
  return found;
}

/** The program itself, or a socket without a known owner while the program's unit runs. */
function isOwn(name: string | undefined, program: string, host: HostFacts): boolean {
  if (name !== undefined) return name === program || name === "nodewright";
  return host.units?.[`${program}.service`]?.activeState === "active";
}
