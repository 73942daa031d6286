import { claimedProblems, foundOf } from "../../claims.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import { KUBE_PROXY_CONFIG, KUBELET_CONFIG } from "../../facts/node-paths.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { missingFile } from "../../named-file.ts";
import { nodeRule } from "../../rule.ts";
import { commandLocation } from "../../setting.ts";

/** NW-C01 */
export const strictDecoding = nodeRule({
  id: "NW-C01",
  severity: "error",
  title: "The kubelet and kube-proxy read their configuration, and know every key of it, once",
  stages: ["files"],
  places: [
    "configs/kubelet-config.yaml, configs/kube-proxy-config.yaml",
    "units/kubelet.service, units/kube-proxy.service: --config",
  ],
  symptom:
    "The setting has no effect, and there is one line in the journal: `Using lenient decoding as " +
    "strict decoding failed`. A value of another type ends the program: `json: cannot unmarshal`.",
  why:
    "Both programs read their file strictly first, and when that fails once more without objecting " +
    "to unknown and repeated keys. A misspelt key is then as good as none, and without --config so " +
    "is the whole file.",
  fix: "Write the key as the program knows it: nodewright explain KEY.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["fileProblems"],
  uses: ["kubeletUnit", "kubeProxyUnit", "files"],
  check({ fileProblems, kubeletUnit, kubeProxyUnit, files }) {
    return [
      ...claimedProblems("NW-C01", { fileProblems }).map(foundOf),
      ...judgeFlag({ program: "The kubelet", usual: KUBELET_CONFIG }, kubeletUnit, files),
      ...judgeFlag({ program: "kube-proxy", usual: KUBE_PROXY_CONFIG }, kubeProxyUnit, files),
    ];
  },
});

function judgeFlag(
  { program, usual }: { readonly program: string; readonly usual: string },
  fact: UnitFact | undefined,
  files: NodeTree | undefined,
): readonly Found[] {
  // Without a command there is nothing that could have the flag; systemd says so.
  if (fact === undefined || fact.unit.execStart.length === 0) return [];
  // k3s and RKE2 have no file of that kind, but a folder of drop-ins.
  if (fact.distribution !== undefined) return [];
  const flag = unitFlags(fact.unit).findLast(({ name }) => name === "--config");
  if (flag?.value === undefined || flag.value.value === "") {
    // Where there is no such file the flags are all there is, and are judged as that.
    if (files?.isComplete === true && files.get(usual) === undefined) return [];
    return [
      {
        message: `${program} is started without --config, so that nothing of its configuration file counts`,
        locations: [commandLocation(fact.unit)],
        fix: "Add --config with the path of the file to ExecStart=",
      },
    ];
  }
  const path = flag.value;
  if (files === undefined || !path.value.startsWith("/")) return [];
  const unread = usual === path.value ? undefined : files.get(usual);
  if (unread !== undefined && files.get(path.value) === undefined && !files.isComplete) {
    return [
      {
        message: `Nothing reads ${unread.shown}: --config names ${path.value}, the file goes to ${usual}`,
        locations: [path.location],
        fix: `Write --config=${usual}`,
      },
    ];
  }
  const missing = missingFile(files, { option: "--config", path });
  return missing === "unseen" ? [] : missing;
}
