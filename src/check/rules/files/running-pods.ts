import { formatLocation, type SourceLocation } from "../../../base/mod.ts";
import type { ContainerdConfig, Located } from "../../../config/mod.ts";
import { type Cidr, cidrContains, parseAddress, parseCidr } from "../../../ip/mod.ts";
import type { HostRuntime } from "../../facts/host-facts.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";

/** NW-M10 */
export const runningPods = nodeRule({
  id: "NW-M10",
  severity: "error",
  title: "A step keeps running pods their subnet, and their runtime its socket and directories",
  stages: ["files", "running"],
  places: [
    "machines.txt: POD_SUBNET; the network's ranges, and those that the node runs with",
    "containerd config.toml: grpc.address, root, state, and those that the node runs with",
  ],
  symptom:
    "Every new sandbox is refused, `already has an IP address different from`, and pods that run answer no " +
    "longer; or `crictl ps` is empty although the containers run on, and the kubelet starts all of them again.",
  why:
    "Addresses, bridge and routes of running pods are of the old subnet, and no plugin changes them. " +
    "containerd finds its containers under root and state: with others it knows none of them, and nobody " +
    "stops those that run. Whoever was told of the old socket still asks there.",
  fix: "Drain the node first, apply, and let pods come again; or leave the value as it runs.",
  provoked: { not: "the step is refused before anything changes; the parts are NW-A08 and NW-D13" },
  needs: ["previous"],
  uses: ["containerdConfig", "networks"],
  check(facts) {
    const { previous, containerdConfig } = facts;
    const pods = previous.runtime?.pods.filter(({ isReady }) => isReady);
    const moved = movedDirectories(containerdConfig, previous.containerdConfig, pods);
    if (pods === undefined && moved.length === 0 && subnetsOf(previous).length === 0) {
      return unknown("what the node runs now is not known");
    }
    return [...changedSubnets(facts, previous, pods), ...moved];
  },
});

type Pods = HostRuntime["pods"] | undefined;

function subnetsOf({ networks = [] }: Pick<NodeFacts, "networks">): readonly Located<string>[] {
  const [first] = networks;
  return first?.config?.subnets ?? [];
}

/** Pods whose addresses lie in none of the subnets to come; without pods, a subnet that goes. */
function changedSubnets(
  now: Pick<NodeFacts, "networks">,
  previous: NodeFacts,
  pods: Pods,
): Found[] {
  const wanted = subnetsOf(now);
  const before = subnetsOf(previous);
  const cidrs = wanted.flatMap(({ value }) => toCidr(value));
  if (cidrs.length === 0 || before.length === 0) return [];
  const gone = before.filter(({ value }) => !wanted.some((subnet) => subnet.value === value));
  if (gone.length === 0) return [];
  const [location] = wanted;
  const step = `${before.map(({ value }) => value).join(", ")} to ${wanted.map(({ value }) => value).join(", ")}`;
  const locations = placesOf([location, ...gone]);
  if (pods === undefined) {
    const message = `The subnet of the node's pods changes from ${step}: those that run keep addresses of the old one`;
    return [{ message, locations, severity: "warning" }];
  }
  const outside = pods.filter(({ ips }) => ips.length > 0 && !ips.some((ip) => isIn(ip, cidrs)));
  if (outside.length === 0) return [];
  const names = outside.slice(0, 3).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = outside.length > names.length ? ` and ${outside.length - names.length} more` : "";
  return [
    {
      message: `The subnet of the node's pods changes from ${step} under running pods: ${names.join(", ")}${more}`,
      locations,
    },
  ];
}

function movedDirectories(
  now: ContainerdConfig | undefined,
  before: ContainerdConfig | undefined,
  pods: Pods,
): Found[] {
  if (now === undefined || before === undefined || pods?.length === 0) return [];
  const parts = [
    { what: "root", now: now.root, before: before.root, severity: "error" },
    { what: "state", now: now.state, before: before.state, severity: "error" },
    // Whoever is told of the new one finds it; a warning for those who are not.
    { what: "socket", now: now.grpcAddress, before: before.grpcAddress, severity: "warning" },
  ] as const;
  return parts.flatMap((part): Found[] => {
    if (plain(part.now.value) === plain(part.before.value)) return [];
    const under = pods === undefined ? "" : ` under ${pods.length} running pods`;
    return [
      {
        message: `containerd's ${part.what} moves from ${part.before.value} to ${part.now.value}${under}`,
        locations: placesOf([part.now, part.before]),
        severity: pods === undefined ? "warning" : part.severity,
      },
    ];
  });
}

/** Both ends, once where two states of a directory have the same place. */
function placesOf(values: readonly (Located<string> | undefined)[]): readonly SourceLocation[] {
  const places = values.flatMap((one) => (one === undefined ? [] : [one.location]));
  return [...new Map(places.map((place) => [formatLocation(place), place])).values()];
}

/** /var/run is a link to /run. */
function plain(path: string): string {
  return path.replace(/^\/var\/run\//, "/run/").replace(/\/+$/, "");
}

function toCidr(text: string): readonly Cidr[] {
  const cidr = parseCidr(text);
  return cidr.ok ? [cidr.value] : [];
}

function isIn(ip: string, cidrs: readonly Cidr[]): boolean {
  const address = parseAddress(ip);
  return address.ok && cidrs.some((cidr) => cidrContains(cidr, address.value));
}
