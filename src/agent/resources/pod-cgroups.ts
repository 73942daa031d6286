import type { Pod, PodSpec } from "../api/mod.ts";
import type { CgroupSettings } from "../config/mod.ts";
import type { CgroupTree } from "./cgroup-tree.ts";
import {
  type CgroupLimits,
  cgroupPath,
  podCgroupName,
  podCgroupNames,
  podLimits,
  tierLimits,
} from "./pod-limits.ts";
import { SystemdSlices } from "./systemd-slices.ts";

/** The cgroups of pods: one for each, in the tier of its quality of service. */
export class PodCgroups {
  readonly #tree: CgroupTree;
  readonly #settings: CgroupSettings;
  readonly #slices: SystemdSlices | undefined;
  readonly #specs = new Map<string, PodSpec>();
  /** What each tier has been given. */
  readonly #shares = new Map<string, number>();
  /** The last change of the tiers: each waits for the one before. */
  #tiers: Promise<void> = Promise.resolve();

  readonly #hasExclusiveCpus: (podUid: string) => boolean;

  /** `hasExclusiveCpus` tells pods whose CPUs are limit enough. */
  constructor(
    tree: CgroupTree,
    settings: CgroupSettings,
    hasExclusiveCpus: (podUid: string) => boolean = () => false,
  ) {
    this.#tree = tree;
    this.#settings = settings;
    this.#hasExclusiveCpus = hasExclusiveCpus;
    this.#slices = settings.driver === "systemd" ? new SystemdSlices() : undefined;
  }

  get isV2(): boolean {
    return this.#tree.isV2;
  }

  /** What the runtime is told: the path in cgroupfs notation. */
  parentOf(pod: Pod): string {
    return cgroupPath(podCgroupName(pod), this.#settings);
  }

  /** Limits what all pods together may use; `limits` is what the node has left for them. */
  async enforce(limits: CgroupLimits): Promise<void> {
    await this.#ensure(cgroupPath(["kubepods"], this.#settings), limits);
  }

  /** A pod that the node has: its request counts in its tier from the next change on. */
  hold(pod: Pod): void {
    this.#specs.set(pod.metadata.uid, pod.spec);
  }

  /** Makes the pod's cgroup with its limits; one that is there gets the limits again. */
  async ensure(pod: Pod): Promise<void> {
    this.hold(pod);
    const isLimited = !this.#hasExclusiveCpus(pod.metadata.uid);
    const limits = podLimits(pod.spec, {
      ...this.#settings,
      enforceCpuQuota: this.#settings.enforceCpuQuota && isLimited,
    });
    await Promise.all([this.#ensure(this.parentOf(pod), limits), this.#updateTiers()]);
  }

  async #ensure(path: string, limits: CgroupLimits): Promise<void> {
    await this.#slices?.ensure(path, { limits, isV2: this.#tree.isV2 });
    // systemd leaves out controllers that it does not manage here: the kernel's files count.
    await this.#tree.ensure(path, limits);
  }

  /** Shares of the tiers: best effort gets what others leave, the burstable what they ask for. */
  async #updateTiers(): Promise<void> {
    const update = this.#tiers
      .catch(() => {})
      .then(async () => {
        const tiers = tierLimits([...this.#specs.values()], this.#settings);
        for (const [tier, limits] of tiers) {
          if (this.#shares.get(tier) === limits.cpuShares) continue;
          await this.#ensure(cgroupPath(["kubepods", tier], this.#settings), limits);
          this.#shares.set(tier, limits.cpuShares);
        }
      });
    this.#tiers = update;
    await update;
  }

  /** Removes it, once nothing runs in it; in every tier, for a pod whose spec nobody has any more. */
  async remove(uid: string): Promise<void> {
    if (this.#specs.delete(uid)) await this.#updateTiers();
    for (const name of podCgroupNames(uid)) {
      const path = cgroupPath(name, this.#settings);
      if (!(await this.#tree.exists(path))) continue;
      if (this.#slices !== undefined) await this.#slices.remove(path);
      await this.#tree.remove(path);
    }
  }
}
