import { join } from "node:path";
import type { CriClient } from "../../cri/mod.ts";
import type { Pod } from "../api/mod.ts";
import type { AgentPaths } from "../config/mod.ts";
import { PodPaths } from "../runtime/pod-paths.ts";
import { podUsages } from "../server/stats.ts";
import { diskUsage } from "./observe.ts";
import type { PodConsumption } from "./rank.ts";
import type { StorageUse } from "./storage-limits.ts";

/** What a pod uses in all, and what of it a limit on storage may be set for. */
export interface MeasuredPod extends PodConsumption {
  readonly storage: StorageUse;
}

export interface MeasureDeps {
  readonly cri: CriClient;
  readonly paths: AgentPaths;
}

/**
 * Measures pods: memory and what containers have written as the runtime counts them; logs and
 * emptyDir volumes, which have to be walked through, only for those pods that `walk` names.
 */
export async function measurePods(
  deps: MeasureDeps,
  pods: readonly Pod[],
  walk: (pod: Pod) => boolean,
): Promise<Map<string, MeasuredPod>> {
  const measured = new Map<string, MeasuredPod>();
  for (const { pod, containers } of await podUsages(deps.cri, pods)) {
    const files = walk(pod) ? await walkPod(deps.paths, pod) : NO_FILES;
    const each = containers.map(({ name, workingSetBytes, diskBytes }) => ({
      name,
      memoryBytes: workingSetBytes,
      diskBytes: diskBytes + (files.logs.get(name)?.bytes ?? 0),
    }));
    const written = [...files.logs.values(), ...files.volumes.values()];
    const volumes = new Map([...files.volumes].map(([name, { bytes }]) => [name, bytes]));
    const total =
      each.reduce((sum, one) => sum + one.diskBytes, 0) +
      [...volumes.values()].reduce((sum, bytes) => sum + bytes, 0);
    measured.set(pod.metadata.uid, {
      containers: each,
      memoryBytes: each.reduce((sum, one) => sum + one.memoryBytes, 0),
      diskBytes: total,
      inodes:
        containers.reduce((sum, one) => sum + one.inodes, 0) +
        written.reduce((sum, one) => sum + one.inodes, 0),
      // The runtime does not count processes: of equal priority any pod may be the first.
      processes: 0,
      storage: {
        ...{ total, volumes },
        containers: new Map(each.map(({ name, diskBytes }) => [name, diskBytes])),
      },
    });
  }
  return measured;
}

type Usage = Awaited<ReturnType<typeof diskUsage>>;

interface PodFiles {
  readonly logs: ReadonlyMap<string, Usage>;
  readonly volumes: ReadonlyMap<string, Usage>;
}

const NO_FILES: PodFiles = { logs: new Map(), volumes: new Map() };

async function walkPod(all: AgentPaths, pod: Pod): Promise<PodFiles> {
  const paths = new PodPaths(all, pod.metadata.uid);
  const logs = new Map<string, Usage>();
  for (const { name } of pod.spec.containers) {
    logs.set(name, await diskUsage(join(paths.logs(pod), name)));
  }
  const volumes = new Map<string, Usage>();
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    // A volume in memory cannot grow over its limit.
    if (emptyDir === undefined || (emptyDir.medium ?? "") !== "") continue;
    volumes.set(name, await diskUsage(paths.volume("kubernetes.io/empty-dir", name)));
  }
  return { logs, volumes };
}
