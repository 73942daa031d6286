import { CNI_ERROR, CniError } from "../errors.ts";
import { isSameFile } from "../exec/find-plugin.ts";
import type { PluginRequest } from "./plugin.ts";

/**
 * Refuses the plugin's own network namespace before anything is done in it: its lo would be taken
 * down, its addresses flushed. CNI_NETNS_OVERRIDE=1 (or true) allows it, as in the reference.
 */
export function refuseOwnNetns(
  { command, netns }: PluginRequest,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const override = env["CNI_NETNS_OVERRIDE"]?.toLowerCase();
  if (override === "1" || override === "true") return;
  if (!isSameFile(netns, "/proc/self/ns/net")) return;
  throw new CniError(
    CNI_ERROR.invalidNetns,
    `Cannot ${command}: CNI_NETNS "${netns}" is the plugin's own network namespace`,
  );
}
