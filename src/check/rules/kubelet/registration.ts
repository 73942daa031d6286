import { type Located, parseNodeLabels } from "../../../config/mod.ts";
import type { ApiNode } from "../../facts/api-facts.ts";
import { flagValue, unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { minorOf } from "../../setting.ts";

/** NW-C20 */
export const registeredAs = nodeRule({
  id: "NW-C20",
  severity: "warning",
  title: "The Node has the taints and labels that the kubelet registers it with",
  stages: ["api"],
  places: [
    "configs/kubelet-config.yaml: registerWithTaints; units/kubelet.service: --node-labels",
    "the Node object",
  ],
  symptom:
    "A taint or label was changed in the files and nothing happened: pods land on the wrong nodes.",
  why:
    "Both are given when the Node is created. A Node that is there already keeps what it has, also " +
    "from an earlier installation of the same name.",
  fix: "kubectl taint and kubectl label on the Node; or delete the Node and restart the kubelet.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "apiNode"],
  uses: ["kubeletUnit"],
  check({ kubeletConfig, apiNode, kubeletUnit }) {
    if (!kubeletConfig.registerNode.value) return [];
    const { reader } = kubeletConfig;
    const found: Found[] = [];
    for (let i = 0; i < reader.length(["registerWithTaints"]); i++) {
      const key = reader.text(["registerWithTaints", i, "key"]);
      const effect = reader.text(["registerWithTaints", i, "effect"])?.value ?? "";
      const value = reader.text(["registerWithTaints", i, "value"])?.value ?? "";
      if (key === undefined || hasTaint(apiNode, { key: key.value, value, effect })) continue;
      const taint = `${key.value}${value === "" ? "" : `=${value}`}:${effect}`;
      found.push({
        message: `The Node does not have the taint that its kubelet registers it with: ${taint}`,
        locations: [key.location],
        fix: `kubectl taint node ${apiNode.name} ${taint}`,
      });
    }
    for (const { name, value } of kubeletUnit === undefined ? [] : unitFlags(kubeletUnit.unit)) {
      if (name === "--node-labels" && value !== undefined)
        found.push(...judgeLabels(value, apiNode));
    }
    return found;
  },
});

function hasTaint({ taints }: ApiNode, wanted: ApiNode["taints"][0]): boolean {
  return taints.some(
    ({ key, value, effect }) =>
      key === wanted.key && value === wanted.value && effect === wanted.effect,
  );
}

function judgeLabels({ value: text, location }: Located<string>, node: ApiNode): readonly Found[] {
  return parseNodeLabels(text).flatMap(([key, value]) => {
    const has = node.labels[key];
    if (has === value) return [];
    return [
      {
        message: `The Node does not have the label that its kubelet registers it with: ${key}=${value}${has === undefined ? "" : ` (it has ${key}=${has})`}`,
        locations: [location],
        fix: `kubectl label ${has === undefined ? "" : "--overwrite "}node ${node.name} ${key}=${value}`,
      },
    ];
  });
}

const UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";

/** NW-C29 */
export const cloudProvider = nodeRule({
  id: "NW-C29",
  severity: "warning",
  title: "A node that waits for a cloud controller has one",
  stages: ["files", "api"],
  places: ["units/kubelet.service: --cloud-provider", "the Node's taints"],
  symptom:
    "Pods stay Pending: `node(s) had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: " +
    "true}`; the Node has no addresses.",
  why:
    "With --cloud-provider=external the kubelet registers the Node with that taint and leaves its " +
    "addresses to the cloud's controller manager, which takes the taint away. On machines of one's " +
    "own there is none. Other values name providers that were built in until 1.30.",
  fix: "Remove --cloud-provider, or run the cloud's controller manager.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletUnit"],
  uses: ["apiNode", "versions"],
  check({ kubeletUnit, apiNode, versions }) {
    const provider = flagValue(kubeletUnit.unit, ["--cloud-provider"]);
    if (provider === undefined || provider.value === "") return [];
    if (provider.value !== "external") {
      const minor = minorOf(versions, "kubelet");
      if (minor !== undefined && minor < 31) return [];
      return [
        {
          message: `The kubelet has no built-in cloud provider any more, 1.31 is without: --cloud-provider=${provider.value}`,
          locations: [provider.location],
          severity: "error",
          fix: "Remove --cloud-provider, or write external and run the cloud's controller manager",
        },
      ];
    }
    if (apiNode === undefined)
      return unknown("needs the Node object: whether a cloud controller has taken it on");
    if (!apiNode.taints.some(({ key }) => key === UNINITIALIZED)) return [];
    return [
      {
        message: `No cloud controller has taken the Node on, it still has the taint ${UNINITIALIZED}`,
        locations: [provider.location],
      },
    ];
  },
});
