/** One mount of the reader's mount namespace (proc(5), /proc/self/mountinfo). */
export interface MountEntry {
  readonly mountPoint: string;
  /** The directory of the file system that is mounted there; `/` unless it is a bind mount. */
  readonly root: string;
  readonly fsType: string;
  readonly source: string;
  /** Of this mount: `rw`, `nosuid` ... */
  readonly options: readonly string[];
  /** Of the file system: `memory` for a cgroup, `lowerdir=...` for an overlay. */
  readonly superOptions: readonly string[];
}

/** Parses /proc/PID/mountinfo; lines that are not of its form are passed over. */
export function parseMountInfo(text: string): readonly MountEntry[] {
  const mounts: MountEntry[] = [];
  for (const line of text.split("\n")) {
    const [before, after] = line.split(" - ");
    const [, , , root, mountPoint, options] = before?.split(" ") ?? [];
    const [fsType, source, superOptions] = after?.split(" ") ?? [];
    if (root === undefined || mountPoint === undefined || options === undefined) continue;
    if (fsType === undefined || source === undefined) continue;
    mounts.push({
      mountPoint: unescapeOctal(mountPoint),
      root: unescapeOctal(root),
      fsType,
      source: unescapeOctal(source),
      options: options.split(","),
      superOptions: superOptions?.split(",") ?? [],
    });
  }
  return mounts;
}

/** The mount that a path is on: the last one mounted among those with the longest mount point. */
export function mountOf(mounts: readonly MountEntry[], path: string): MountEntry | undefined {
  let best: MountEntry | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const isOver = mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (isOver && mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount;
  }
  return best;
}

/** Spaces, tabs, newlines and backslashes are written as \ooo. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
