import { findUnsupported, parseAgentFlags } from "../../agent/config/mod.ts";
import type { Problem, SourceLocation } from "../../base/mod.ts";
import { COMMAND_LINE, effectiveKubelet } from "../../config/mod.ts";
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
  const { value } = effectiveKubelet({
    ...{ file: kubelet?.document, dropIns: [], flags: flags.given, name: COMMAND_LINE },
  });
  const unsupported =
    value === undefined ? [] : findUnsupported(value, { asWarnings: flags.ignoresUnsupported });
  return [...problems, ...unsupported].map((problem) =>
    locate(problem, unit?.executable?.location),
  );
}

/** What the command line says stands in the unit. */
function locate(problem: Problem, unit: SourceLocation | undefined): Problem {
  if (unit === undefined) return problem;
  const locations = problem.locations.map((at) => (at.file === COMMAND_LINE ? unit : at));
  return { ...problem, locations };
}
