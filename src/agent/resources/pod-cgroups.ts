import type { Pod, PodSpec } from "../api/mod.ts";
import type { CgroupSettings } from "../config/mod.ts";
import type { CgroupTree } from "./cgroup-tree.ts";
import { podProtection, tierProtection } from "./memory-qos.ts";
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
  /** What each tier has been given, as text. */
  readonly #given = new Map<string, string>();
  /** What all pods together may use. */
  #all: CgroupLimits | undefined;
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
    this.#all = limits;
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
    const protection = this.#protects ? podProtection(pod.spec) : undefined;
    const protectedLimits = protection === undefined ? limits : { ...limits, protection };
    // Those above first: what they do not keep nobody below can.
    if (protection !== undefined) await this.#updateTiers();
    await Promise.all([this.#ensure(this.parentOf(pod), protectedLimits), this.#updateTiers()]);
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
        for (const { name, limits } of this.#tierPlan()) {
          const path = cgroupPath(name, this.#settings);
          const text = JSON.stringify(limits);
          if (this.#given.get(path) === text) continue;
          await this.#ensure(path, limits);
          this.#given.set(path, text);
        }
      });
    this.#tiers = update;
    await update;
  }

  /** What the cgroups above pods are to have, from the root down. */
  #tierPlan(): readonly { readonly name: readonly string[]; readonly limits: CgroupLimits }[] {
    const specs = [...this.#specs.values()];
    const tiers = [...tierLimits(specs, this.#settings)].map(([tier, limits]) => ({
      ...{ name: ["kubepods", tier], limits },
    }));
    if (!this.#protects) return tiers;
    const { all, burstable } = tierProtection(specs);
    const top =
      this.#all === undefined
        ? []
        : [{ name: ["kubepods"], limits: { ...this.#all, protection: all } }];
    const kept = tiers.map(({ name, limits }) =>
      name.includes("burstable")
        ? { name, limits: { ...limits, protection: burstable } }
        : { name, limits },
    );
    return [...top, ...kept];
  }

  /** True where what pods ask for is kept for them. */
  get #protects(): boolean {
    return this.#settings.reservesMemory && this.#tree.isV2;
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
