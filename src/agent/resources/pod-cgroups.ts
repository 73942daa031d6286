import type { Pod } from "../api/mod.ts";
import type { CgroupSettings } from "../config/mod.ts";
import type { CgroupTree } from "./cgroup-tree.ts";
import { cgroupPath, podCgroupName, podCgroupNames, podLimits } from "./pod-limits.ts";
import { SystemdSlices } from "./systemd-slices.ts";

/** The cgroups of pods: one for each, in the tier of its quality of service. */
export class PodCgroups {
  readonly #tree: CgroupTree;
  readonly #settings: CgroupSettings;
  readonly #slices: SystemdSlices | undefined;

  constructor(tree: CgroupTree, settings: CgroupSettings) {
    this.#tree = tree;
    this.#settings = settings;
    this.#slices = settings.driver === "systemd" ? new SystemdSlices() : undefined;
  }

  get isV2(): boolean {
    return this.#tree.isV2;
  }

  /** What the runtime is told: the path in cgroupfs notation. */
  parentOf(pod: Pod): string {
    return cgroupPath(podCgroupName(pod), this.#settings);
  }

  /** Makes the pod's cgroup with its limits; one that is there gets the limits again. */
  async ensure(pod: Pod): Promise<void> {
    const path = this.parentOf(pod);
    const limits = podLimits(pod.spec, this.#settings);
    if (this.#slices === undefined) await this.#tree.ensure(path, limits);
    else await this.#slices.ensure(path, { limits, isV2: this.#tree.isV2 });
  }

  /** Removes it, once nothing runs in it; in every tier, for a pod whose spec nobody has any more. */
  async remove(uid: string): Promise<void> {
    for (const name of podCgroupNames(uid)) {
      const path = cgroupPath(name, this.#settings);
      if (!(await this.#tree.exists(path))) continue;
      if (this.#slices !== undefined) await this.#slices.remove(path);
      await this.#tree.remove(path);
    }
  }
}
