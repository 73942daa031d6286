import { claimedProblems, foundOf } from "../../claims.ts";
import { nodeRule } from "../../rule.ts";

/** NW-C01 */
export const strictDecoding = nodeRule({
  id: "NW-C01",
  severity: "error",
  title: "Every key of the kubelet's and kube-proxy's configuration is one that they know, once",
  stages: ["files"],
  places: ["configs/kubelet-config.yaml", "configs/kube-proxy-config.yaml"],
  symptom:
    "The setting has no effect, and there is one line in the journal: `Using lenient decoding as " +
    "strict decoding failed`. A value of another type ends the program: `json: cannot unmarshal`.",
  why:
    "Both programs read their file strictly first, and when that fails once more without objecting " +
    "to unknown and repeated keys. A misspelt key is then as good as none.",
  fix: "Write the key as the program knows it: nodewright explain KEY.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["fileProblems"],
  check: ({ fileProblems }) => claimedProblems("NW-C01", { fileProblems }).map(foundOf),
});
