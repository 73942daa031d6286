import { nearest } from "../../../base/mod.ts";
import type { ConfigReader, Located } from "../../../config/mod.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { minorOf } from "../../setting.ts";
import { FEATURE_GATES, GATES_COMPLETE_TO, REMOVED_GATES } from "../../tables/feature-gates.ts";

/** The oldest minor whose removed gates the table has in full. */
const GATES_COMPLETE_FROM = 34;

interface Gate {
  readonly name: Located<string>;
  readonly value: boolean | undefined;
  readonly program: "kubelet" | "kube-proxy";
  readonly minor: number | undefined;
}

/** NW-C02 */
export const featureGates = nodeRule({
  id: "NW-C02",
  severity: "error",
  title: "Feature gates are known to this version and not locked to the other value",
  stages: ["files"],
  places: [
    "configs/kubelet-config.yaml: featureGates",
    "configs/kube-proxy-config.yaml: featureGates",
  ],
  symptom:
    "The kubelet or kube-proxy ends at once: `unrecognized feature gate: X`, or `cannot set feature " +
    "gate X to false, feature is locked to true`.",
  why:
    "Each minor version brings gates and takes away those of features that have been finished for " +
    "a while. A gate that was needed once stops the node at an upgrade.",
  fix: "Remove the gate: a feature that is finished needs none.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig"],
  uses: ["kubeProxyConfig", "versions"],
  check({ kubeletConfig, kubeProxyConfig, versions }) {
    const gates = [
      ...gatesOf(kubeletConfig.reader, "kubelet", minorOf(versions, "kubelet")),
      ...(kubeProxyConfig === undefined
        ? []
        : gatesOf(kubeProxyConfig.reader, "kube-proxy", minorOf(versions, "kube-proxy"))),
    ];
    const found = gates.flatMap((gate) => judge(gate) ?? []);
    const open = gates.find(isBeyondTable);
    if (found.length === 0 && open !== undefined) {
      const version = open.minor === undefined ? "this version" : `1.${open.minor}`;
      return unknown(
        `${open.name.value} is not in the table of gates, which may lack some of ${version}`,
      );
    }
    return found;
  },
});

function gatesOf(
  reader: ConfigReader,
  program: Gate["program"],
  minor: number | undefined,
): Gate[] {
  return reader.keys(["featureGates"]).map((name) => ({
    name,
    value: reader.boolean(["featureGates", name.value])?.value,
    program,
    minor,
  }));
}

/** Whether nothing can be said of the name: it may be a gate that the table lacks. */
function isBeyondTable({ name: { value }, minor }: Gate): boolean {
  if (FEATURE_GATES.has(value) || REMOVED_GATES.has(value)) return false;
  return minor === undefined || minor < GATES_COMPLETE_FROM || minor > GATES_COMPLETE_TO;
}

function judge(gate: Gate): Found | undefined {
  const { name, minor, program } = gate;
  const known = FEATURE_GATES.get(name.value);
  if (known === undefined) return judgeUnknown(gate);
  if (minor !== undefined && minor < known.since) {
    return {
      message: `The ${program} 1.${minor} does not know the feature gate "${name.value}": it came with 1.${known.since}`,
      locations: [name.location],
      edits: removal(gate),
    };
  }
  const { lockedSince } = known;
  if (gate.value !== false || lockedSince === undefined) return undefined;
  if (minor !== undefined && minor < lockedSince) return undefined;
  return {
    message: `The feature gate "${name.value}" is locked to true since 1.${lockedSince}: false`,
    locations: [name.location],
    severity: minor === undefined ? "warning" : "error",
    edits: removal(gate),
  };
}

function judgeUnknown(gate: Gate): Found | undefined {
  const { name, minor, program } = gate;
  const gone = REMOVED_GATES.get(name.value);
  if (gone !== undefined) {
    if (minor !== undefined && minor < gone) return undefined;
    return {
      message: `The ${program} has no feature gate "${name.value}" any more: 1.${gone} is without it`,
      locations: [name.location],
      severity: minor === undefined ? "warning" : "error",
      edits: removal(gate),
    };
  }
  const near = nearest(name.value, FEATURE_GATES.keys());
  if (near === undefined && isBeyondTable(gate)) return undefined;
  return {
    message: `The ${program} does not know the feature gate: "${name.value}"`,
    locations: [name.location],
    severity: isBeyondTable(gate) ? "warning" : "error",
    fix: near === undefined ? "Remove it" : `Write "${near}", or remove it`,
  };
}

function removal({ name }: Gate) {
  return [{ file: name.location.file, path: ["featureGates", name.value] }];
}
