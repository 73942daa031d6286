/** A version as components print it: `1.6.20~ds1`, `v1.36.0`, `2.1.0-beta.0`. */
export interface Version {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `beta.0`, `rc.1`, `alpha.3`; absent for a release. A distribution's own suffix is none. */
  readonly preRelease?: string;
}

/** Reads a version; undefined where the text does not begin with MAJOR.MINOR. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-~]((?:alpha|beta|rc)[.\d]*))?/.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, preRelease] = match;
  return {
    text,
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    ...(preRelease === undefined ? {} : { preRelease }),
  };
}

/** Negative where a is older than b; a pre-release is older than its release. */
export function compareVersions(a: Version, b: Version): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (numbers !== 0) return numbers;
  if (a.preRelease === b.preRelease) return 0;
  if (a.preRelease === undefined) return 1;
  if (b.preRelease === undefined) return -1;
  return a.preRelease < b.preRelease ? -1 : 1;
}

/** True where the version is at least MAJOR.MINOR[.PATCH], pre-releases of it included. */
export function isAtLeast(version: Version, minimum: string): boolean {
  const wanted = parseVersion(minimum);
  if (wanted === undefined) throw new TypeError(`Not a version: ${minimum}`);
  const { preRelease: _, ...release } = version;
  return compareVersions(release, wanted) >= 0;
}
