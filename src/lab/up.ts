import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { loadConnection } from "../kube/client/mod.ts";
import { defaultClusterDir, type LabCni, writeClusterDirectory } from "./cluster-directory.ts";
import {
  builtinParts,
  type ControlPlanePart,
  ensureControlPlane,
  ensureLabPki,
  findPrograms,
  OFFICIAL_PROGRAMS,
  officialParts,
  writeHostKubeconfig,
} from "./control-plane/mod.ts";
import { type HelloPod, startHelloPods } from "./hello-pods.ts";
import { ensureLabImages, type LabImages } from "./images/mod.ts";
import {
  type Lab,
  type LabDeps,
  type LabMachine,
  type LabOptions,
  labServer,
  labUp,
} from "./machines/mod.ts";
import { type PassedStep, smokeTest } from "./smoke/mod.ts";

/** A lab that is about to become a cluster. */
export interface LabTarget {
  readonly lab: Lab;
  readonly images: LabImages;
  /** The cluster directory: machines.txt, nodewright.yaml and the stock files are in it. */
  readonly clusterDir: string;
}

/** What stands in the end. */
export interface LabResult extends LabTarget {
  /** One on every machine, where there is no control plane to ask for any; else none. */
  readonly pods: readonly HelloPod[];
  /** For this host; absent without a control plane. */
  readonly kubeconfig?: string;
  /** What the cluster has been seen to do. */
  readonly passed: readonly PassedStep[];
}

/** What turns machines into nodes: the same commands that turn any machines into nodes. */
export interface LabSteps {
  /** Installs, starts, imports the images and verifies with real pods. */
  readonly apply: (target: LabTarget) => Promise<void>;
  /** Called for each step of the smoke test that has passed. */
  readonly onPassed: (step: PassedStep) => void;
}

/** Whose control plane a lab has. */
export type LabControlPlane =
  | { readonly kind: "none" }
  /** nodewright's own: the path of its executable. */
  | { readonly kind: "builtin"; readonly executable: string }
  /** The official programs, in a directory. */
  | { readonly kind: "official"; readonly dir: string };

export interface LabClusterOptions extends Omit<LabOptions, "server"> {
  /** Where the cluster directory shall be; inside of the lab's own by default. */
  readonly clusterDir?: string;
  /** Default nodewright's own. */
  readonly cni?: LabCni;
  readonly controlPlane: LabControlPlane;
  /** A directory of the official kubelet, in place of nodewright's own. */
  readonly kubeletDir?: string;
}

/**
 * From nothing to a lab that is a cluster: machines, images, cluster directory, control plane,
 * apply, smoke test. Without a control plane it ends with a pod on each node, without steps with
 * the cluster directory.
 */
export async function labClusterUp(
  deps: LabDeps,
  options: LabClusterOptions,
  steps: LabSteps | undefined,
): Promise<LabResult> {
  // What is missing is known before anything is made.
  const { controlPlane, kubeletDir } = options;
  const partsOf = await findParts(controlPlane);
  const kubelet =
    kubeletDir === undefined
      ? undefined
      : (await findPrograms(kubeletDir, ["kubelet"])).get("kubelet");
  const lab = await labUp(deps, { ...options, server: partsOf !== undefined });
  const target = await prepareTarget(deps, lab, { options, kubelet });
  const server = labServer(lab);
  if (steps === undefined) return { ...target, pods: [], passed: [] };
  if (partsOf === undefined || server === undefined) {
    await steps.apply(target);
    return { ...target, pods: await startHelloPods(deps, lab, target.images), passed: [] };
  }
  const parts = await partsOf(target.clusterDir, server.address);
  const kubeconfig = await writeHostKubeconfig(lab, server, target.clusterDir);
  await ensureControlPlane(deps, server, { parts, kubeconfig });
  await steps.apply(target);
  const connection = await loadConnection(kubeconfig);
  const image = target.images.busybox.reference;
  const passed = await smokeTest({ connection, lab, deps, image }, steps.onPassed);
  return { ...target, pods: [], kubeconfig, passed };
}

/** How the parts are made of a cluster directory; undefined for none. */
async function findParts(
  controlPlane: LabControlPlane,
): Promise<
  ((clusterDir: string, address: string) => Promise<readonly ControlPlanePart[]>) | undefined
> {
  switch (controlPlane.kind) {
    case "none":
      return undefined;
    case "builtin":
      return (clusterDir, address) => builtinParts(controlPlane.executable, clusterDir, address);
    case "official": {
      const programs = await findPrograms(controlPlane.dir, OFFICIAL_PROGRAMS);
      return (clusterDir) => officialParts(programs, clusterDir);
    }
  }
}

/** Images and cluster directory; with a server also the certificates. */
async function prepareTarget(
  deps: LabDeps,
  lab: Lab,
  {
    options,
    kubelet,
  }: { readonly options: LabClusterOptions; readonly kubelet: string | undefined },
): Promise<LabTarget> {
  const mirror = options.mirror === undefined ? {} : { mirror: options.mirror };
  const images = await ensureLabImages(deps, mirror);
  const clusterDir = options.clusterDir ?? defaultClusterDir(lab);
  const server: LabMachine | undefined = labServer(lab);
  const own = server === undefined ? {} : ({ kubelet: "builtin", kubeProxy: "builtin" } as const);
  const chosen = kubelet === undefined ? own : { ...own, kubelet: "downloads" as const };
  await writeClusterDirectory(
    lab,
    { images, cni: options.cni ?? "builtin", ...chosen },
    clusterDir,
  );
  if (kubelet !== undefined) {
    const worker = join(clusterDir, "downloads/worker");
    await mkdir(worker, { recursive: true });
    await copyFile(kubelet, join(worker, "kubelet"));
  }
  if (server !== undefined) await ensureLabPki(lab, server, clusterDir);
  return { lab, images, clusterDir };
}
