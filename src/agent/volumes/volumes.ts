import { readFile, rm } from "node:fs/promises";
import { messageOf } from "../../base/mod.ts";
import { MNT, parseMountInfo, unmount } from "../../sys/mod.ts";
import type { Pod } from "../api/mod.ts";
import type { AgentPaths } from "../config/mod.ts";
import { PodPaths } from "../runtime/pod-paths.ts";
import type { ReadyVolume, SubPathRequest } from "./container-mounts.ts";
import { makeSubPath } from "./sub-path.ts";
import { VolumeError, type VolumePlugin } from "./volume-plugin.ts";

/** The volumes of all pods: what is ready, and what has to go. */
export class Volumes {
  readonly #paths: AgentPaths;
  readonly #plugins: readonly VolumePlugin[];
  readonly #ready = new Map<string, ReadonlyMap<string, ReadyVolume>>();
  readonly #turns = new Map<string, Promise<void>>();

  constructor(paths: AgentPaths, plugins: readonly VolumePlugin[]) {
    this.#paths = paths;
    this.#plugins = plugins;
  }

  /** Makes every volume of the pod ready, or up to date; rejects with what the first one lacks. */
  async setUp(pod: Pod, podIPs: readonly string[] = []): Promise<void> {
    await this.#inTurn(pod.metadata.uid, () => this.#setUp(pod, podIPs));
  }

  /** What is done to one pod's volumes never overlaps. */
  async #inTurn(uid: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(uid) ?? Promise.resolve();
    const turn = before.catch(() => {}).then(work);
    this.#turns.set(uid, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(uid) === turn) this.#turns.delete(uid);
    }
  }

  async #setUp(pod: Pod, podIPs: readonly string[]): Promise<void> {
    const paths = new PodPaths(this.#paths, pod.metadata.uid);
    const ready = new Map<string, ReadyVolume>();
    for (const volume of pod.spec.volumes ?? []) {
      const plugin = this.#plugins.find((one) => one.handles(volume));
      if (plugin === undefined) {
        const kind = Object.keys(volume).find((key) => key !== "name") ?? "unknown";
        throw new VolumeError(`volume "${volume.name}": ${kind} volumes are not supported`);
      }
      try {
        ready.set(volume.name, await plugin.setUp({ pod, volume, paths, podIPs }));
      } catch (cause) {
        const text = messageOf(cause);
        throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`, {
          cause,
        });
      }
    }
    this.#ready.set(pod.metadata.uid, ready);
  }

  /** Brings volumes that are ready up to date: a ConfigMap has changed, a label, a token is due. */
  async refresh(pod: Pod, podIPs: readonly string[]): Promise<void> {
    const { uid } = pod.metadata;
    if (!this.#ready.has(uid)) return;
    await this.#inTurn(uid, async () => {
      if (this.#ready.has(uid)) await this.#setUp(pod, podIPs);
    });
  }

  /** Where the pod's volumes are; made ready first where they are not. */
  async ready(pod: Pod): Promise<ReadonlyMap<string, ReadyVolume>> {
    if (!this.#ready.has(pod.metadata.uid)) await this.setUp(pod);
    return this.#ready.get(pod.metadata.uid) ?? new Map();
  }

  /** A part of a volume, bound to a place of its own so that nobody can lead it elsewhere later. */
  subPath(pod: Pod, request: SubPathRequest): string {
    return makeSubPath(new PodPaths(this.#paths, pod.metadata.uid), request);
  }

  /** Unmounts and removes all that the pod had; never what only was mounted there. */
  async tearDown(uid: string): Promise<void> {
    this.#ready.delete(uid);
    await this.#inTurn(uid, () => this.#tearDown(uid));
  }

  async #tearDown(uid: string): Promise<void> {
    this.#ready.delete(uid);
    const { directory } = new PodPaths(this.#paths, uid);
    const mounts = parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
    const below = mounts.filter(({ mountPoint }) => mountPoint.startsWith(`${directory}/`));
    // The latest first: they may lie in one another.
    for (const { mountPoint } of below.reverse()) unmount(mountPoint, MNT.DETACH);
    const left = parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
    const stays = left.find(({ mountPoint }) => mountPoint.startsWith(`${directory}/`));
    if (stays !== undefined) {
      throw new VolumeError(`"${stays.mountPoint}" is still mounted`);
    }
    await rm(directory, { recursive: true, force: true });
  }
}
