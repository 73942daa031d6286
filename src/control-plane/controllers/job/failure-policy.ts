import type {
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from "kubernetes-types/batch/v1";
import type { ContainerStatus } from "kubernetes-types/core/v1";
import type { Pod } from "../../../kube/types/mod.ts";

/** What a failed pod means for its Job. */
export interface FailureVerdict {
  /** False where the failure is as if it had not happened. */
  readonly isCounted: boolean;
  /** The pod's index is not tried again. */
  readonly failsIndex: boolean;
  /** Why the whole Job has failed with it. */
  readonly failsJob?: string;
}

const COUNTED: FailureVerdict = { isCounted: true, failsIndex: false };

/** Holds a failed pod against the rules; the first that matches decides. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [at, rule] of (policy?.rules ?? []).entries()) {
    const what = matchRule(rule, pod);
    if (what === undefined) continue;
    switch (rule.action) {
      case "Ignore":
        return { isCounted: false, failsIndex: false };
      case "FailIndex":
        return { isCounted: true, failsIndex: true };
      case "FailJob":
        return { ...COUNTED, failsJob: `${what} matching FailJob rule at index ${at}` };
      default:
        return COUNTED;
    }
  }
  return COUNTED;
}

/** What a rule is about, in words, where it is about this pod. */
function matchRule(
  { onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  { metadata, status }: Pod,
): string | undefined {
  const key = `${metadata.namespace ?? ""}/${metadata.name}`;
  if (onExitCodes !== undefined && onExitCodes !== null) {
    const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
    const found = all.find((one) => matchesExit(one, onExitCodes));
    if (found === undefined) return undefined;
    const code = found.state?.terminated?.exitCode;
    return `Container ${found.name} for pod ${key} failed with exit code ${code}`;
  }
  const met = (status?.conditions ?? []).find((condition) =>
    (onPodConditions ?? []).some(
      ({ type, status: wanted = "True" }) => condition.type === type && condition.status === wanted,
    ),
  );
  return met === undefined ? undefined : `Pod ${key} has condition ${met.type}`;
}

function matchesExit(
  { name, state }: ContainerStatus,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): boolean {
  const code = state?.terminated?.exitCode ?? 0;
  if (code === 0 || (containerName ?? name) !== name) return false;
  return values.includes(code) === (operator === "In");
}
