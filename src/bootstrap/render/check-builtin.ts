import { findUnsupported, parseAgentFlags } from "../../agent/config/mod.ts";
import type { Problem, SourceLocation } from "../../base/mod.ts";
import { readProxyConfig } from "../../proxy/config/mod.ts";
import type { NodeSettings } from "../inventory/mod.ts";
import type { NodeModels } from "./models.ts";
import { UNIT_DIR } from "./places.ts";

/**
 * What a node's files ask of nodewright's own kubelet and kube-proxy that these do not have: with
 * `source: builtin` they would refuse to start.
 */
export function checkBuiltin({ components }: NodeSettings, models: NodeModels): Problem[] {
  return [
    ...(components.kubelet?.source === "builtin" ? kubeletProblems(models) : []),
    ...(components["kube-proxy"]?.source === "builtin" && models.kubeProxy !== undefined
      ? readProxyConfig(models.kubeProxy).problems
      : []),
  ];
}

function kubeletProblems({ kubelet, units }: NodeModels): Problem[] {
  const unit = units.get(`${UNIT_DIR}/kubelet.service`);
  const { flags, problems } = parseAgentFlags((unit?.args ?? []).map(({ value }) => value));
  const at = unit?.executable?.location;
  return [
    ...problems.map((problem) => locate(problem, at)),
    ...(kubelet === undefined
      ? []
      : findUnsupported(kubelet, { asWarnings: flags.ignoresUnsupported })),
  ];
}

function locate(problem: Problem, at: SourceLocation | undefined): Problem {
  return at === undefined ? problem : { ...problem, locations: [at] };
}
