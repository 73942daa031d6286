import { formatCidr, parseCidr } from "../../../ip/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Inventory } from "../../facts/inventory.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { sysctlAtBoot } from "../../sysctl-files.ts";

/** Sysctls that rules of other families follow to the boot themselves. */
const FOLLOWED: ReadonlySet<string> = new Set([
  "net.ipv4.ip_forward",
  "net.ipv6.conf.all.forwarding",
  "net.bridge.bridge-nf-call-iptables",
  "net.bridge.bridge-nf-call-ip6tables",
]);

/** NW-F14 */
export const afterReboot = nodeRule({
  id: "NW-F14",
  severity: "warning",
  title: "What holds now holds after a reboot",
  stages: ["machine"],
  places: [
    "routes to pod subnets",
    "sysctls and /etc/sysctl.d",
    "nodewright-routes.service, networkd",
  ],
  symptom:
    "The node works for months; after a reboot its pods are not reached, or a limit is the old one.",
  why:
    "`ip route add` and `sysctl -w` change the running kernel alone. Swap (NW-C04), modules and " +
    "forwarding (NW-E09, NW-E10), units (NW-B06) and the host name (NW-F02) have rules of their own.",
  fix: "Write it where the boot reads it: nodewright-routes.service, a [Route] of networkd, a file in /etc/sysctl.d.",
  provoked: { not: "it takes the routes of a second node, and the test has one machine" },
  needs: ["host", "files"],
  uses: ["inventory"],
  check({ host, files, inventory }) {
    if (!files.isComplete) return unknown("the machine's own files are not known");
    return [...routesByHand(host, files, inventory), ...changedSysctls(host, files)];
  },
});

/** Routes to the other nodes' subnets that nothing sets again. */
function routesByHand(host: HostFacts, files: NodeTree, inventory: Inventory | undefined): Found[] {
  const unit = host.units?.["nodewright-routes.service"];
  if (unit?.unitFileState === "enabled") return [];
  const others = new Map(
    (inventory?.machines ?? []).flatMap((machine) =>
      machine.podSubnets.map(
        ({ cidr, location }) => [formatCidr(cidr), { machine, location }] as const,
      ),
    ),
  );
  const persistent = persistentTexts(files);
  return host.network.routes.flatMap(({ destination, gateway }): Found[] => {
    const cidr = parseCidr(destination);
    const other = cidr.ok ? others.get(formatCidr(cidr.value)) : undefined;
    if (other === undefined || gateway === null) return [];
    if (persistent.some((text) => text.includes(destination))) return [];
    const message = `The route to ${destination} of ${other.machine.name} is gone after a reboot: no unit and no file sets it`;
    return [{ message, locations: [other.location] }];
  });
}

/** Files in which distributions keep static routes, as far as they are read. */
function persistentTexts(files: NodeTree): readonly string[] {
  return ["/etc/systemd/network", "/etc/netplan", "/etc/network/interfaces.d"]
    .flatMap((dir) => (files.list(dir) ?? []).map((name) => `${dir}/${name}`))
    .concat("/etc/network/interfaces")
    .flatMap((path) => files.get(path)?.text ?? []);
}

/** Settings that the files would set otherwise than they are now. */
function changedSysctls(host: HostFacts, files: NodeTree): Found[] {
  return Object.entries(host.sysctls).flatMap(([key, now]): Found[] => {
    if (now === null || FOLLOWED.has(key)) return [];
    const boot = sysctlAtBoot(files, key);
    if (boot === undefined || words(boot.value) === words(now)) return [];
    const message = `${key} is ${words(now)} now and ${words(boot.value)} after a reboot`;
    return [{ message, locations: [boot.location] }];
  });
}

/** `32768\t60999` and `32768 60999` are the same. */
function words(text: string): string {
  return text.trim().split(/\s+/).join(" ");
}
