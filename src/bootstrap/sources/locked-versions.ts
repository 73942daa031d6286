import { type Arch, COMPONENTS, describeSettings, type Lock } from "../../artifacts/mod.ts";
import type { ComponentVersions } from "../../check/mod.ts";
import { type Cluster, type Machine, settingsOf } from "../inventory/mod.ts";

/**
 * The versions that nodewright.lock holds for a node's components: what the last apply or
 * `nodewright artifacts` found, without asking for a binary. Empty where there is no lock.
 */
export function lockedVersions(
  cluster: Cluster,
  machine: Machine,
  { lock, arch }: { readonly lock: Lock; readonly arch: Arch },
): ComponentVersions {
  const { components } = settingsOf(cluster.settings, machine.name);
  const entries = COMPONENTS.flatMap((component) => {
    const settings = describeSettings(components[component] ?? { source: "downloads" });
    const version = lock[arch]?.[component]?.[settings]?.version;
    return version === undefined || version === "unknown" ? [] : [[component, version] as const];
  });
  return Object.fromEntries(entries);
}
