import type { CriClient } from "../../cri/mod.ts";
import type { CniFolders } from "./host-facts.ts";

/** What the runtime says of itself. */
export interface RuntimeState {
  /** Conditions that are not met, as text; empty on a ready runtime. */
  readonly notReady: readonly string[];
  /** The image of the pods' sandboxes, where the runtime tells it (containerd before 2.0). */
  readonly sandboxImage: string | undefined;
  /** Whether a named image is pinned, as containerd from 1.7.3 on does with the sandboxes' one. */
  readonly hasPinnedImage: boolean;
  /** False: it asks the kernel for the very score, also where it may not lower it. */
  readonly restrictsOomScore: boolean | undefined;
  readonly cni: CniFolders;
}

/** Asks for the runtime's status and the part of its configuration that it shows. */
export async function readRuntimeState(cri: CriClient): Promise<RuntimeState> {
  const [{ status, info }, { images }] = await Promise.all([
    cri.runtime.status({ verbose: true }),
    cri.image.listImages({}),
  ]);
  const notReady = (status?.conditions ?? [])
    .filter((each) => !each.status && ["RuntimeReady", "NetworkReady"].includes(each.type))
    .map((each) => `${each.type} is false: ${each.reason} ${each.message}`.trim());
  // containerd's own word about the CNI configuration that it has last read.
  const load = text(info["lastCNILoadStatus"]);
  if (load !== undefined && load !== "OK") notReady.unshift(load);
  const config = parseObject(info["config"]);
  const cni = asObject(config["cni"]);
  const pinned = asObject(config["pinnedImages"] ?? config["pinned_images"]);
  return {
    notReady,
    sandboxImage: text(config["sandboxImage"]) ?? text(pinned["sandbox"]),
    hasPinnedImage: images.some((image) => image.pinned && image.repoTags.length > 0),
    restrictsOomScore: flag(config["restrictOOMScoreAdj"]),
    cni: {
      confDir: text(cni["confDir"]) ?? "/etc/cni/net.d",
      binDirs: Array.isArray(cni["binDirs"])
        ? cni["binDirs"].filter((dir) => typeof dir === "string")
        : [text(cni["binDir"]) ?? "/opt/cni/bin"],
    },
  };
}

function parseObject(json: string | undefined): Record<string, unknown> {
  try {
    return asObject(JSON.parse(json ?? "{}"));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Record<string, unknown> {
  // cast: any object may be asked for any key; each value is checked where it is used
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
