import type { Clock, Logger } from "../base/mod.ts";
import { ContainerState, type CriClient, isNotFound } from "../cri/mod.ts";
import type { Pod } from "./api/mod.ts";
import type { AgentSettings } from "./config/mod.ts";
import { ImageCollector } from "./images/image-collector.ts";
import type { PodManager } from "./pods/pod-manager.ts";
import {
  Evictor,
  measurePods,
  observeImages,
  observeNode,
  type PressureBoard,
} from "./pressure/mod.ts";
import { LABEL } from "./runtime/labels.ts";
import type { Failure } from "./status/mod.ts";

export interface KeepNodeDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AgentSettings;
  readonly board: PressureBoard;
  readonly manager: PodManager;
  /** A warning about the node. */
  readonly report: (event: { readonly reason: string; readonly message: string }) => void;
  readonly recordEviction: (pod: Pod, failure: Failure) => void;
}

const QUIET_MS = 3000;

/** Keeps the node usable until the signal: images that nobody uses go, and pods that it has no room for. */
export async function keepNode(deps: KeepNodeDeps, signal: AbortSignal): Promise<void> {
  const { cri, clock, log, settings, manager, report } = deps;
  const places = { cri, root: settings.paths.root };
  const images = new ImageCollector({
    ...{ cri, clock, log, report, settings: settings.images },
    fileSystem: async () => (await observeImages(places))?.bytes,
  });
  const evictor = new Evictor({
    ...{ clock, log, report, settings: settings.pressure, board: deps.board },
    observe: () => observeNode(places),
    measure: (pods, walk) => measurePods({ cri, paths: settings.paths }, pods, walk),
    pods: () => manager.others(""),
    evict: async (pod, failure, graceSeconds) => {
      deps.recordEviction(pod, failure);
      await manager.evict(pod, failure, graceSeconds);
    },
    reclaimDisk: async () => {
      await removeDeadContainers(cri, new Set(manager.others("").map((pod) => pod.metadata.uid)));
      await images.removeUnused();
    },
  });
  await Promise.all([images.run(signal), evictor.run(signal), collectWhenQuiet(deps, signal)]);
}

/**
 * A burst of pods leaves garbage that the engine, with nothing more to do, would keep for good:
 * it is collected once, after things have been quiet for a while.
 */
async function collectWhenQuiet(
  { clock, manager }: Pick<KeepNodeDeps, "clock" | "manager">,
  signal: AbortSignal,
): Promise<void> {
  let collectedAt = 0;
  for (let before = 0; !signal.aborted; before = manager.changes) {
    await clock.sleep(QUIET_MS, signal).catch(() => {});
    const { changes } = manager;
    if (changes === collectedAt || changes !== before) continue;
    Bun.gc(true);
    collectedAt = changes;
  }
}

/** Containers that have exited, of pods that will not run again. */
async function removeDeadContainers(cri: CriClient, living: ReadonlySet<string>): Promise<void> {
  const { containers } = await cri.runtime.listContainers({
    filter: { state: { state: ContainerState.CONTAINER_EXITED } },
  });
  for (const { id, labels } of containers) {
    if (living.has(labels[LABEL.podUid] ?? "")) continue;
    await cri.runtime.removeContainer({ containerId: id }).catch((thrown: unknown) => {
      if (!isNotFound(thrown)) throw thrown;
    });
  }
}
