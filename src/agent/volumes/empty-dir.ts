import { chmod, mkdir, readFile } from "node:fs/promises";
import { mount, mountOf, parseMountInfo } from "../../sys/mod.ts";
import type { Volume } from "../api/mod.ts";
import { bytesOf, podLimit } from "../resources/amounts.ts";
import type { ReadyVolume } from "./container-mounts.ts";
import { applyGroup } from "./fs-group.ts";
import type { VolumePlugin, VolumeRequest } from "./volume-plugin.ts";

/** A directory that lives as long as its pod, on disk or in memory. */
export const emptyDirPlugin: VolumePlugin = {
  name: "kubernetes.io/empty-dir",
  handles: (volume: Volume) => volume.emptyDir !== undefined,
  async setUp({ pod, volume, paths }: VolumeRequest): Promise<ReadyVolume> {
    const path = paths.volume(emptyDirPlugin.name, volume.name);
    const isNew = (await mkdir(path, { recursive: true, mode: 0o750 })) !== undefined;
    const medium = volume.emptyDir?.medium ?? "";
    if (medium !== "")
      await mountMedium(path, medium, sizeOf(volume, podLimit(pod.spec, "memory")));
    if (isNew || medium !== "") {
      await chmod(path, 0o777);
      await applyGroup(path, pod.spec.securityContext?.fsGroup);
    }
    return { path };
  },
};

/** A tmpfs, or huge pages, on a directory that is not one yet. */
export async function mountMedium(path: string, medium: string, bytes: number): Promise<void> {
  const mounts = parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
  if (mountOf(mounts, path)?.mountPoint === path) return;
  const pages = /^HugePages-(\d+)([MG])i$/.exec(medium);
  if (medium.startsWith("HugePages")) {
    const data = pages === null ? "" : `pagesize=${pages[1]}${pages[2]}`;
    mount({ source: "nodev", target: path, type: "hugetlbfs", data });
    return;
  }
  const size = bytes === 0 ? {} : { data: `size=${bytes}` };
  mount({ source: "tmpfs", target: path, type: "tmpfs", ...size });
}

function sizeOf(volume: Volume, memoryLimit: number | undefined): number {
  const asked = bytesOf(volume.emptyDir?.sizeLimit);
  if (memoryLimit === undefined || memoryLimit === 0) return asked;
  return asked === 0 ? memoryLimit : Math.min(asked, memoryLimit);
}
