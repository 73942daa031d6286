import type { ContainerdConfig } from "../../../config/mod.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";

/** True for a network that does nothing but bring up `lo`, which containerd does by itself. */
export function isLoopbackOnly({ plugins }: NetworkFact): boolean {
  return plugins.length > 0 && plugins.every(({ type }) => type?.value === "loopback");
}

/** How many files of conf_dir containerd loads; 0 means all of them. */
export function loadedCount(config: ContainerdConfig | undefined): number {
  return config?.cniMaxConfNum.value ?? 1;
}

/** The networks that containerd loads, in order: it takes the first files by name. */
export function usedNetworks(
  networks: readonly NetworkFact[],
  config: ContainerdConfig | undefined,
): readonly NetworkFact[] {
  const count = loadedCount(config);
  return count === 0 ? networks : networks.slice(0, count);
}
