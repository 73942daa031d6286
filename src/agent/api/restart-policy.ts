import type { Container, PodSpec } from "./mod.ts";

/** What is left to do with a container that has exited with this code. */
export function restartsAfterExit(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const { operator = "In", values = [] } = rule.exitCodes ?? {};
    const listed = values.includes(exitCode);
    if ((operator === "In") === listed && rule.action === "Restart") return true;
  }
  const policy = container.restartPolicy ?? spec.restartPolicy ?? "Always";
  if (policy === "Always") return true;
  return policy === "OnFailure" && exitCode !== 0;
}

/** True where a container that is killed (by a probe) comes back. */
export function restartsAfterKill(container: Container, spec: PodSpec): boolean {
  return (container.restartPolicy ?? spec.restartPolicy ?? "Always") !== "Never";
}
