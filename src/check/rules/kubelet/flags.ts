import { nearest } from "../../../base/mod.ts";
import { KUBELET_FLAGS, parseNodeLabels, REMOVED_KUBELET_FLAGS } from "../../../config/mod.ts";
import { unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { minorOf } from "../../setting.ts";
import { mayKubeletSet } from "../../tables/node-labels.ts";

/** From this minor on every kubelet has made the removals that the table knows no date of. */
const ANY_SUPPORTED = 34;

/** NW-C03 */
export const removedFlags = nodeRule({
  id: "NW-C03",
  severity: "error",
  title: "The kubelet's command line has only flags that this kubelet takes",
  stages: ["files"],
  places: ["units/kubelet.service: ExecStart, its drop-ins and environment files"],
  symptom:
    "The kubelet ends at once, again and again: `unknown flag: --pod-infra-container-image`.",
  why:
    "Flags are removed at a minor version. They hide in drop-ins and in environment files that an " +
    "earlier installation has left, so that the unit itself looks right.",
  fix: "Remove the flag where the message says; most have a key in the configuration file.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletUnit"],
  uses: ["versions"],
  check({ kubeletUnit, versions }) {
    const minor = minorOf(versions, "kubelet");
    return unitFlags(kubeletUnit.unit).flatMap(({ name, flag }): Found[] => {
      const removed = REMOVED_KUBELET_FLAGS[name];
      if (removed !== undefined) {
        if (minor !== undefined && minor < removed.since) return [];
        // Whoever runs an unknown version runs none from before its flags' removal in all likelihood.
        const isSure = minor !== undefined || removed.since < ANY_SUPPORTED;
        return [
          {
            message: `The kubelet does not take this flag any more, 1.${removed.since} refuses it: ${name}`,
            locations: [flag.location],
            severity: isSure ? "error" : "warning",
            fix: sentence(removed.instead),
          },
        ];
      }
      if (KUBELET_FLAGS[name] !== undefined) return [];
      const near = nearest(name, Object.keys(KUBELET_FLAGS));
      return [
        {
          message: `The kubelet has no such flag in its reference: ${name}`,
          locations: [flag.location],
          severity: near === undefined ? "warning" : "error",
          ...(near === undefined ? {} : { fix: `Write ${near}, or remove it` }),
        },
      ];
    });
  },
});

/** NW-C19 */
export const nodeLabels = nodeRule({
  id: "NW-C19",
  severity: "error",
  title: "The kubelet gives its Node only labels that a kubelet may set",
  stages: ["files"],
  places: ["units/kubelet.service: --node-labels"],
  symptom:
    "The kubelet ends at once: `unknown 'kubernetes.io' or 'k8s.io' labels specified with " +
    "--node-labels: [node-role.kubernetes.io/worker]`.",
  why:
    "A node must not make itself trusted: of the labels in kubernetes.io and k8s.io a kubelet may " +
    "set those of a short list and of kubelet.kubernetes.io and node.kubernetes.io. " +
    "node-role.kubernetes.io and node-restriction.kubernetes.io are not among them.",
  fix: "Set the label through the API after the node has joined: kubectl label node NAME KEY=VALUE.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletUnit"],
  check({ kubeletUnit }) {
    return unitFlags(kubeletUnit.unit).flatMap(({ name, value }): Found[] => {
      if (name !== "--node-labels" || value === undefined) return [];
      const refused = parseNodeLabels(value.value).filter(([key]) => !mayKubeletSet(key));
      if (refused.length === 0) return [];
      const keys = refused.map(([key]) => key);
      return [
        {
          message: `A kubelet may not set these labels of its own Node: ${keys.join(", ")}`,
          locations: [value.location],
          fix: `Take them out of --node-labels; after the node has joined: kubectl label node NAME ${refused.map(([key, text]) => `${key}=${text}`).join(" ")}`,
        },
      ];
    });
  },
});

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
