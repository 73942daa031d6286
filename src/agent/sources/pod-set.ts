import type { Pod } from "../api/mod.ts";
import type { PodManager } from "../pods/pod-manager.ts";

/** Compares what a source has with what it had: the manager hears of differences only. */
export class PodSet {
  readonly #manager: PodManager;
  #pods: ReadonlyMap<string, Pod> = new Map();

  constructor(manager: PodManager) {
    this.#manager = manager;
  }

  get pods(): ReadonlyMap<string, Pod> {
    return this.#pods;
  }

  replace(pods: readonly Pod[]): void {
    const now = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    for (const uid of this.#pods.keys()) if (!now.has(uid)) this.#manager.remove(uid);
    for (const [uid, pod] of now) {
      if (!Bun.deepEquals(this.#pods.get(uid), pod)) this.#manager.set(pod);
    }
    this.#pods = now;
  }
}
