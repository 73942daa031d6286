import { type Located, parseUnitBoolean } from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { removalOf, UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** What each program cannot do without, as capabilities are called in a unit. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  "kube-proxy.service": ["CAP_NET_ADMIN"],
};
const NEEDED_FOR_PODS = ["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_CHOWN", "CAP_DAC_OVERRIDE"];

function finding(fact: UnitFact, key: string, { value, location }: Located<string>): Found {
  return {
    message: `${fact.name} does not run as root with all it needs: ${key}=${value}`,
    locations: [location],
    fix: `Remove ${key}= from [Service]`,
    edits: removalOf(fact, key),
  };
}

function user(fact: UnitFact): Found[] {
  const { unit } = fact;
  const name = unit.value("Service", "User");
  const isDynamic = unit.value("Service", "DynamicUser");
  // Capabilities that a program keeps as another user are enough for kube-proxy alone.
  const ambient = unit.words("Service", "AmbientCapabilities").map(({ value }) => value);
  const needed = NEEDED[fact.name];
  if (needed?.every((capability) => ambient.includes(capability))) return [];
  const isRoot = name === undefined || ["", "root", "0"].includes(name.value);
  return [
    ...(isRoot ? [] : [finding(fact, "User", name)]),
    ...(isDynamic !== undefined && parseUnitBoolean(isDynamic.value) === true
      ? [finding(fact, "DynamicUser", isDynamic)]
      : []),
  ];
}

/** A list that starts with a tilde takes its capabilities away from all. */
function capabilities(fact: UnitFact): Found[] {
  const lines = fact.unit.assignments("Service", "CapabilityBoundingSet");
  const words = fact.unit.words("Service", "CapabilityBoundingSet");
  const [first] = words;
  if (lines.length !== 1 || first === undefined) return [];
  const isInverted = first.value.startsWith("~");
  const named = words.map(({ value }) => value.replace(/^~/, "").toUpperCase());
  const needed = NEEDED[fact.name] ?? NEEDED_FOR_PODS;
  const lacking = needed.filter((capability) => named.includes(capability) === isInverted);
  if (lacking.length === 0) return [];
  const { location } = first;
  const value = `${words.map((word) => word.value).join(" ")}, without ${lacking.join(", ")}`;
  return [finding(fact, "CapabilityBoundingSet", { value, location, isDefault: false })];
}

/** NW-B16 */
export const runAsRoot = nodeRule({
  id: "NW-B16",
  severity: "error",
  title: "The units run their programs as root, with the capabilities that they need",
  stages: ["files"],
  places: [
    "containerd.service, kubelet.service, kube-proxy.service: User, DynamicUser, CapabilityBoundingSet",
  ],
  symptom:
    "containerd ends with `chmod /var/lib/containerd: operation not permitted`, the kubelet logs `kubelet needs to " +
    "run as uid `0`` and fails at its directories, kube-proxy logs `Operation not permitted`.",
  why:
    "The programs of a node mount file systems, make namespaces and cgroups and write rules of the packet filter. " +
    "A User= that is right for a web service leaves them with none of that. Rootless Kubernetes is " +
    "another set-up, with a user namespace around all of them.",
  fix: "Remove User= and DynamicUser=, and the limits of capabilities.",
  provoked: { how: "User=nobody in containerd.service: the journal has `operation not permitted`" },
  needs: [],
  uses: UNIT_FACTS,
  check(facts) {
    return unitsOf(facts).flatMap((fact) => [...user(fact), ...capabilities(fact)]);
  },
});
