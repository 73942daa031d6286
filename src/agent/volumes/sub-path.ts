import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { MS, mount, mountOf, parseMountInfo } from "../../sys/mod.ts";
import { ConfigError } from "../environment/mod.ts";
import type { PodPaths } from "../runtime/pod-paths.ts";
import type { SubPathRequest } from "./container-mounts.ts";

/**
 * Binds a part of a volume to a place that only the agent writes to. Each component is opened
 * without following links, and what is bound is what was opened: a pod that swaps a directory for a
 * link meanwhile gains nothing.
 */
export function makeSubPath(paths: PodPaths, request: SubPathRequest): string {
  const { container, mount: spec, index, volumePath, subPath } = request;
  const parts = subPath.split("/").filter((part) => part !== "" && part !== ".");
  if (subPath.startsWith("/") || parts.includes("..")) {
    throw new ConfigError(`subPath "${subPath}" must be a relative path without ".."`);
  }
  const target = join(paths.subpaths, spec.name, container.name, String(index));
  const opened = openBelow(volumePath, parts);
  try {
    const isDirectory = fstatSync(opened).isDirectory();
    if (isMounted(target)) return target;
    if (isDirectory) mkdirSync(target, { recursive: true, mode: 0o750 });
    else {
      mkdirSync(dirname(target), { recursive: true, mode: 0o750 });
      writeFileSync(target, "", { flag: "a", mode: 0o640 });
    }
    mount({ source: `/proc/${process.pid}/fd/${opened}`, target, flags: MS.BIND });
    return target;
  } finally {
    closeSync(opened);
  }
}

/** Opens the last component, making directories that are missing with the volume's own mode. */
function openBelow(base: string, parts: readonly string[]): number {
  let fd = openSync(base, constants.O_RDONLY | constants.O_DIRECTORY);
  const { mode } = fstatSync(fd);
  for (const [at, part] of parts.entries()) {
    const path = `/proc/self/fd/${fd}/${part}`;
    try {
      lstatSync(path);
    } catch {
      mkdirSync(path, { mode: mode & 0o7777 });
    }
    let next: number;
    try {
      next = openComponent(path, at === parts.length - 1);
    } finally {
      closeSync(fd);
    }
    fd = next;
  }
  return fd;
}

/** A link inside an atomically written volume (key -> ..data/key) is the volume's own. */
function openComponent(path: string, isLast: boolean): number {
  const isLink = lstatSync(path).isSymbolicLink();
  if (isLink) {
    const ownLink = isLast ? statSync(path).isFile() : statSync(path).isDirectory();
    const leadsInside = /^\.\.data\//.test(readlinkSync(path));
    if (!ownLink || !leadsInside) throw new ConfigError("subPath leads through a symbolic link");
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }
  return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

function isMounted(path: string): boolean {
  const mounts = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
  return mountOf(mounts, path)?.mountPoint === path;
}
