import { rm } from "node:fs/promises";
import { type CriClient, isNotFound } from "../../cri/mod.ts";
import type { PodRuntimeState, RuntimeContainer } from "../runtime/runtime-state.ts";

/** Removes dead containers but the newest of each name, which tells how the last run ended. */
export async function removeDead(cri: CriClient, state: PodRuntimeState): Promise<void> {
  for (const container of superfluous(state)) await removeContainer(cri, container.id);
}

/** Dead containers that nothing is asked about any more. */
export function superfluous(state: PodRuntimeState): readonly RuntimeContainer[] {
  const kept = new Set<string>();
  return state.containers.filter(({ name, state: is }) => {
    if (is !== "exited") return false;
    if (kept.has(name)) return true;
    kept.add(name);
    return false;
  });
}

/** Removes everything of a pod that is gone: containers, sandboxes, logs. */
export async function removeFromRuntime(
  cri: CriClient,
  state: PodRuntimeState,
  logDirectory: string,
): Promise<void> {
  for (const { id } of state.containers) await removeContainer(cri, id);
  for (const { id } of state.sandboxes) {
    await cri.runtime.removePodSandbox({ podSandboxId: id }).catch(ignoreAbsent);
  }
  await rm(logDirectory, { recursive: true, force: true });
}

async function removeContainer(cri: CriClient, containerId: string): Promise<void> {
  await cri.runtime.removeContainer({ containerId }).catch(ignoreAbsent);
}

function ignoreAbsent(thrown: unknown): void {
  if (!isNotFound(thrown)) throw thrown;
}
