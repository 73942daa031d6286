import type { InventoryMachine } from "../../facts/inventory.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { minorOf } from "../../setting.ts";
import { type BootLine, moduleAtBoot, sysctlAtBoot } from "../../sysctl-files.ts";

/** Whether pods have IPv6: by machines.txt, else by the network's subnets. */
function hasIpv6(
  machine: InventoryMachine | undefined,
  networks: readonly NetworkFact[] | undefined,
): boolean {
  if (machine !== undefined) return machine.podSubnets.some(({ cidr }) => cidr.family === 6);
  return networks?.[0]?.config?.subnets.some(({ value }) => value.includes(":")) === true;
}

/** What is wrong with the value that a key gets at boot; only complete trees can lack it. */
function atBoot(
  files: NodeTree,
  key: string,
  wanted: (value: string) => boolean,
): readonly Found[] {
  const line = sysctlAtBoot(files, key);
  if (line === undefined) {
    if (!files.isComplete) return [];
    return [
      {
        message: `Nothing sets ${key} at boot`,
        locations: [],
        severity: "warning",
        fix: `Write "${key} = 1" to /etc/sysctl.d/99-zz-nodewright.conf`,
      },
    ];
  }
  if (wanted(line.value)) return [];
  return [lastWord(key, line)];
}

function lastWord(key: string, { value, location }: BootLine): Found {
  return {
    message: `The last file that sets ${key} at boot sets it to ${value}`,
    locations: [location],
    fix: `Remove the line, or set it in a file whose name comes later`,
  };
}

const isOne = (value: string): boolean => value === "1";

/** NW-E09 */
export const bridgeNetfilter = nodeRule({
  id: "NW-E09",
  severity: "error",
  title: "Traffic between pods of one bridge passes the rules of Services",
  stages: ["machine"],
  places: [
    "net.bridge.bridge-nf-call-iptables and -ip6tables; the module br_netfilter",
    "/etc/modules-load.d, /etc/sysctl.d",
  ],
  symptom:
    "A pod that calls a Service whose pod is on the same node gets no answer: the reply comes from " +
    "the pod's own address instead of the ClusterIP.",
  why:
    "A packet that only crosses a bridge is not shown to netfilter unless br_netfilter is loaded and " +
    "bridge-nf-call-iptables is 1. The sysctl exists only once the module is loaded, so the module " +
    "has to come first at boot.",
  fix: "br_netfilter in /etc/modules-load.d, net.bridge.bridge-nf-call-iptables = 1 in /etc/sysctl.d; modprobe br_netfilter, sysctl --system.",
  provoked: { not: "it takes the rules of a Service, which kube-proxy makes" },
  // A machine without a kubelet is no node yet.
  needs: ["host", "kubeletConfig"],
  uses: ["files", "networks", "machine"],
  check({ host, files, networks, machine }) {
    const isBridged = networks?.[0]?.plugins.some(({ type }) => type?.value === "bridge");
    if (isBridged === false) return [];
    const feature = host.features.find(({ feature: name }) => name === "bridge-netfilter");
    if (feature?.state === "no") {
      return [
        {
          message: `The kernel has no br_netfilter: ${feature.detail}`,
          locations: [],
          fix: "Use a kernel that has it (CONFIG_BRIDGE_NETFILTER)",
        },
      ];
    }
    const keys = ["net.bridge.bridge-nf-call-iptables"];
    if (hasIpv6(machine, networks)) keys.push("net.bridge.bridge-nf-call-ip6tables");
    const found = keys.flatMap((key): readonly Found[] => {
      const value = host.sysctls[key];
      const now: Found[] =
        value === undefined || value === "1"
          ? []
          : [
              {
                message:
                  value === null
                    ? `The module br_netfilter is not loaded: there is no ${key}`
                    : `${key} must be 1: it is ${value}`,
                locations: [],
              },
            ];
      return [...now, ...(files === undefined ? [] : atBoot(files, key, isOne))];
    });
    if (files?.isComplete === true && moduleAtBoot(files, "br_netfilter") === undefined) {
      found.push({
        message: "Nothing loads br_netfilter at boot, so that its sysctls are not there to be set",
        locations: [],
        severity: "warning",
        fix: "Write br_netfilter to /etc/modules-load.d/nodewright.conf",
      });
    }
    return found;
  },
});

/** NW-E10 */
export const forwarding = nodeRule({
  id: "NW-E10",
  severity: "error",
  title: "The machine forwards packets, now and after a reboot",
  stages: ["files", "machine"],
  places: [
    "net.ipv4.ip_forward, net.ipv6.conf.all.forwarding",
    "/etc/sysctl.d and the other directories of sysctl.d(5)",
  ],
  symptom:
    "Pods reach each other on a node and nothing else; after a reboot, or after the network was restarted.",
  why:
    "A pod's packet to anywhere else is forwarded by the machine. The bridge plugin switches it on at " +
    "its first pod. A later file of sysctl.d, cloud-init, wicked or a hardening guide switches it off " +
    "again: of all files the last one by name counts.",
  fix: "net.ipv4.ip_forward = 1 in a file of /etc/sysctl.d whose name comes last; sysctl --system.",
  provoked: { how: "ip_forward 0: a pod does not reach a machine beyond its node" },
  // A tree without a kubelet is no node that has to forward.
  needs: ["files", "kubeletConfig"],
  uses: ["host", "machine", "networks"],
  check({ files, host, machine, networks }) {
    const keys = ["net.ipv4.ip_forward"];
    if (hasIpv6(machine, networks)) keys.push("net.ipv6.conf.all.forwarding");
    const isOn = (value: string): boolean => value === "1" || value === "2";
    return keys.flatMap((key): readonly Found[] => {
      const value = host?.sysctls[key];
      const now: Found[] =
        value === undefined || value === null || isOn(value)
          ? []
          : [{ message: `${key} must be 1: it is ${value}`, locations: [] }];
      return [...now, ...atBoot(files, key, isOn)];
    });
  },
});

const CONNTRACK = "conntrack";

/** NW-E11 */
export const connectionTracking = nodeRule({
  id: "NW-E11",
  severity: "warning",
  title: "Connection tracking is there and has room",
  stages: ["machine"],
  places: [
    "nf_conntrack: count and max; the command conntrack",
    "configs/kube-proxy-config.yaml: conntrack.maxPerCore, conntrack.min",
  ],
  symptom:
    "`nf_conntrack: table full, dropping packet` in the kernel's log, new connections time out; before " +
    "1.32 kube-proxy also says `conntrack command not found`.",
  why:
    "Every connection through a Service has an entry. kube-proxy makes the table 32768 a core, 131072 " +
    "at least. Since 1.32 it speaks to the kernel itself, before that stale UDP entries need the " +
    "command conntrack.",
  fix: "Raise conntrack.maxPerCore, or find who opens so many connections.",
  provoked: { not: "the size of the table is the host's: a machine of the lab may only read it" },
  needs: ["host"],
  uses: ["kubeProxyConfig", "versions"],
  check({ host, kubeProxyConfig, versions }) {
    const place = kubeProxyConfig?.reader.number(["conntrack", "maxPerCore"]);
    const locations = place === undefined ? [] : [place.location];
    const found: Found[] = [];
    const feature = host.features.find(({ feature: name }) => name === CONNTRACK);
    if (feature?.state === "no") {
      found.push({
        message: `The kernel does not track connections: ${feature.detail}`,
        locations: [],
        severity: "error",
        fix: "Load nf_conntrack at every boot, or use a kernel that has it",
      });
    }
    const { conntrack } = host;
    if (conntrack !== null && conntrack.count > conntrack.max * 0.8) {
      found.push({
        message: `The connection table is nearly full: ${conntrack.count} of ${conntrack.max}`,
        locations,
      });
    }
    const minor = minorOf(versions, "kube-proxy");
    if (host.commands[CONNTRACK] === null && minor !== undefined && minor < 32) {
      found.push({
        message: `kube-proxy 1.${minor} needs the command conntrack, which the machine lacks`,
        locations: [],
        severity: "error",
        fix: "Install the package conntrack",
      });
    }
    if (found.length === 0 && conntrack === null && feature === undefined) {
      return unknown("the machine's connection table could not be read");
    }
    return found;
  },
});
