import { mkdir, open, stat } from "node:fs/promises";
import type { Volume } from "../api/mod.ts";
import type { ReadyVolume } from "./container-mounts.ts";
import { VolumeError, type VolumePlugin, type VolumeRequest } from "./volume-plugin.ts";

/** A file or directory of the node itself. */
export const hostPathPlugin: VolumePlugin = {
  name: "kubernetes.io/host-path",
  handles: (volume: Volume) => volume.hostPath !== undefined,
  async setUp({ volume }: VolumeRequest): Promise<ReadyVolume> {
    const { path = "", type = "" } = volume.hostPath ?? {};
    if (type === "DirectoryOrCreate") await mkdir(path, { recursive: true, mode: 0o755 });
    if (type === "FileOrCreate") await (await open(path, "a", 0o644)).close();
    await check(path, type);
    return { path };
  },
};

const WANTED: Readonly<Record<string, string>> = {
  Directory: "directory",
  DirectoryOrCreate: "directory",
  File: "file",
  FileOrCreate: "file",
  Socket: "socket",
  CharDevice: "character device",
  BlockDevice: "block device",
};

async function check(path: string, type: string): Promise<void> {
  const wanted = WANTED[type];
  if (wanted === undefined) return;
  const found = await stat(path).catch(() => undefined);
  const is = {
    directory: found?.isDirectory(),
    file: found?.isFile(),
    socket: found?.isSocket(),
    "character device": found?.isCharacterDevice(),
    "block device": found?.isBlockDevice(),
  }[wanted];
  if (is !== true) {
    throw new VolumeError(`hostPath type check failed: ${path} is not a ${wanted}`);
  }
}
