import type { NodePlan } from "../../plan/mod.ts";

/** Files whose change asks for a drained node: a kubelet of another version may restart its pods. */
const DISTURBING = /\/(kubelet|containerd-shim-runc-v2|runc)$/;

/** True where the plan replaces an executable under running pods, so that they should move away first. */
export function disturbsPods(plan: NodePlan): boolean {
  return plan.steps.some(
    (step) =>
      step.kind === "write-file" && step.previous !== null && DISTURBING.test(step.file.path),
  );
}
