import { type Refusal, validateKubelet } from "../../../config/mod.ts";
import { claimedProblems, foundOf } from "../../claims.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { minorOf } from "../../setting.ts";

/** The rule's form of a refusal: the key that may go becomes an edit. */
function found(refusal: Refusal, file: string): Found {
  const { remove, ...rest } = refusal;
  return { ...rest, ...(remove === undefined ? {} : { edits: [{ file, path: remove }] }) };
}

/** NW-C23 */
export const validation = nodeRule({
  id: "NW-C23",
  severity: "error",
  title: "The kubelet's own validation lets its configuration pass",
  stages: ["files"],
  places: ["configs/kubelet-config.yaml: every value, and the pairs that depend on each other"],
  symptom:
    "The kubelet ends at once: `failed to validate kubelet configuration, error: [invalid configuration: ...`.",
  why:
    "The kubelet holds its file against rules of its own before it does anything, ranges as well as " +
    "pairs: low below high, parallel pulls only without serial ones, fields that need a feature " +
    "gate. The managers of CPUs, memory and eviction refuse more when they begin. What is about " +
    "reservations and their control groups is NW-C21, swap NW-C05, serverTLSBootstrap NW-C14.",
  fix: "Correct the value that the message names; nodewright explain KEY says what it takes.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig"],
  uses: ["fileProblems", "versions"],
  check({ kubeletConfig, fileProblems, versions }) {
    const refusals = validateKubelet(kubeletConfig, minorOf(versions, "kubelet"));
    const { file } = kubeletConfig.document;
    return [
      ...claimedProblems("NW-C23", { fileProblems }).map(foundOf),
      ...refusals.map((refusal) => found(refusal, file)),
    ];
  },
});
