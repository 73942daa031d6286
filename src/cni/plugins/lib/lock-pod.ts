import { lockDescriptor } from "../../../sys/mod.ts";
import type { Pod } from "./pod.ts";

/**
 * Locks a pod's network namespace until it is closed, for plugins that choose by what is there. On
 * the namespace itself, as the reference does, so that both plugin sets keep each other out.
 */
export function lockPod({ netns }: Pod): void {
  lockDescriptor(netns.fd, `Cannot lock "${netns.path}"`);
}
