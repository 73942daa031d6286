import { defaultClusterDir, type LabCni, writeClusterDirectory } from "./cluster-directory.ts";
import { type HelloPod, startHelloPods } from "./hello-pods.ts";
import { ensureLabImages, type LabImages } from "./images/mod.ts";
import { type Lab, type LabDeps, type LabOptions, labUp } from "./machines/mod.ts";

/** A lab that is about to become a cluster. */
export interface LabTarget {
  readonly lab: Lab;
  readonly images: LabImages;
  /** The cluster directory: machines.txt, nodewright.yaml and the stock files are in it. */
  readonly clusterDir: string;
}

/** What stands in the end. */
export interface LabResult extends LabTarget {
  /** One on every machine; none where no worker nodes were made. */
  readonly pods: readonly HelloPod[];
}

/** What turns machines into nodes: the same commands that turn any machines into nodes. */
export interface LabSteps {
  /** Installs, starts, imports the images and verifies with real pods. */
  readonly apply: (target: LabTarget) => Promise<void>;
}

export interface LabClusterOptions extends LabOptions {
  /** Where the cluster directory shall be; inside of the lab's own by default. */
  readonly clusterDir?: string;
  /** Default nodewright's own. */
  readonly cni?: LabCni;
}

/**
 * From nothing to a lab of worker nodes: machines, images, cluster directory, apply, pods. Without
 * steps it ends with the cluster directory.
 */
export async function labClusterUp(
  deps: LabDeps,
  options: LabClusterOptions,
  steps: LabSteps | undefined,
): Promise<LabResult> {
  const lab = await labUp(deps, options);
  const mirror = options.mirror === undefined ? {} : { mirror: options.mirror };
  const images = await ensureLabImages(deps, mirror);
  const clusterDir = options.clusterDir ?? defaultClusterDir(lab);
  await writeClusterDirectory(lab, { images, cni: options.cni ?? "builtin" }, clusterDir);
  const target: LabTarget = { lab, images, clusterDir };
  if (steps === undefined) return { ...target, pods: [] };
  await steps.apply(target);
  return { ...target, pods: await startHelloPods(deps, lab, images) };
}
