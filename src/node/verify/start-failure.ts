import { NodewrightError } from "../../base/mod.ts";
import { inSubnets } from "./diagnose.ts";
import type { HostFacts } from "./host-facts.ts";
import type { RuntimeState } from "./runtime-state.ts";
import type { VerifyOptions } from "./verify-options.ts";
import { type Diagnosis, VerifyError } from "./verify-report.ts";

/** Where a failure is looked for. */
export interface StartFailureInput {
  readonly state: RuntimeState;
  readonly facts: HostFacts;
  readonly options: VerifyOptions;
}

/** Why a pod could not be started or removed: the runtime's own words, and what the host shows. */
export function startFailure(
  thrown: unknown,
  action: string,
  { state, facts, options }: StartFailureInput,
): VerifyError {
  const error = NodewrightError.from(thrown, action);
  const why = explain(state, facts, options);
  return new VerifyError(`${action}: ${why?.cause ?? error.message}`, {
    node: options.node,
    cause: thrown,
    fix: why?.fix ?? error.fix ?? "see `journalctl -u containerd`",
    ...(why === undefined ? {} : { detail: error.message }),
  });
}

function explain(
  state: RuntimeState,
  facts: HostFacts,
  options: VerifyOptions,
): Diagnosis | undefined {
  if (facts.cni === undefined) {
    return {
      cause: `there is no CNI configuration in ${state.cni.confDir}`,
      fix: "run `nodewright apply`",
    };
  }
  if (facts.cni.missingPlugins.length > 0) {
    return {
      cause: `CNI plugins are missing in ${state.cni.binDirs.join(" and ")}: ${facts.cni.missingPlugins.join(", ")}`,
      fix: "run `nodewright apply`, or install them there",
    };
  }
  const wrong = facts.cni.subnets.filter(
    (subnet) => !inSubnets(subnetBase(subnet), options.podSubnets),
  );
  if (wrong.length > 0) {
    return {
      cause: `${facts.cni.file} has the subnet ${wrong.join(", ")}, this node's is ${options.podSubnets.join(", ")}`,
      fix:
        "run `nodewright apply`; if the bridge still has the old address: ip link delete " +
        (facts.cni.bridge ?? "cni0"),
    };
  }
  const [first] = state.notReady;
  if (first !== undefined) return { cause: first, fix: "see `nodewright cri info`" };
  if (facts.mayLowerOomScore === false && state.restrictsOomScore === false) {
    return {
      cause:
        "this machine may not lower an oom_score_adj (it lacks CAP_SYS_RESOURCE), and the runtime insists on it",
      fix: `set restrict_oom_score_adj = true in [plugins."io.containerd.grpc.v1.cri"] of configs/containerd-config.toml (version 3: [plugins."io.containerd.cri.v1.runtime"])`,
    };
  }
  if (state.sandboxImage === undefined && !state.hasPinnedImage) {
    return {
      cause: "the runtime seems to lack its sandbox image: none of its images is pinned",
      fix: `the message names it: nodewright cri import FILE.tar --node ${options.node}`,
    };
  }
  return undefined;
}

function subnetBase(subnet: string): string {
  return subnet.replace(/\/.*$/, "");
}
