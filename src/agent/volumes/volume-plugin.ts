import type { Pod, Volume } from "../api/mod.ts";
import type { PodPaths } from "../runtime/pod-paths.ts";
import type { ReadyVolume } from "./container-mounts.ts";

/** What a plugin is given for one volume of one pod. */
export interface VolumeRequest {
  readonly pod: Pod;
  readonly volume: Volume;
  readonly paths: PodPaths;
  readonly podIPs: readonly string[];
}

/** Why a volume is not ready: what the FailedMount event says. */
export class VolumeError extends Error {}

/** One kind of volume. */
export interface VolumePlugin {
  /** `kubernetes.io/empty-dir`: the name that its directories carry. */
  readonly name: string;
  handles(volume: Volume): boolean;
  /** Makes the volume ready; called again for one that is, it only brings it up to date. */
  setUp(request: VolumeRequest): Promise<ReadyVolume>;
}
