import { err, ok, type Result } from "../base/mod.ts";

/** Every version of the specification, oldest first. */
export const SPEC_VERSIONS = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;

/** The newest version that is spoken here. */
export const CURRENT_VERSION = "1.1.0";

/** What a configuration without a version means. */
export const DEFAULT_VERSION = "0.1.0";

type Triple = readonly [number, number, number];

/** Parses `major[.minor[.patch]]`; the empty text is 0.1.0. */
export function parseVersion(text: string): Result<Triple, string> {
  const parts = (text === "" ? DEFAULT_VERSION : text).split(".");
  if (parts.length > 3 || !parts.every((part) => /^\d{1,9}$/.test(part))) {
    return err(`expected a version as 1.1.0, found "${text}"`);
  }
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  return ok([major, minor, patch]);
}

/** Below 0 where `a` is older than `b`, 0 where they are the same; unparsable text counts as oldest. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left.ok || !right.ok) return Number(left.ok) - Number(right.ok);
  for (const i of [0, 1, 2] as const) {
    const difference = left.value[i] - right.value[i];
    if (difference !== 0) return difference;
  }
  return 0;
}

const KNOWN: readonly string[] = SPEC_VERSIONS;

/** True where `version` is `minimum` or newer. */
export function isAtLeast(version: string, minimum: string): boolean {
  // Both are nearly always of the list, which is in order: nothing has to be parsed.
  const [place, least] = [KNOWN.indexOf(version), KNOWN.indexOf(minimum)];
  return place >= 0 && least >= 0 ? place >= least : compareVersions(version, minimum) >= 0;
}

/**
 * The version that a list of plugins is called with (SPEC 1.1, section 1): the newest of
 * `cniVersion` and `cniVersions` that is spoken here. Without `cniVersions` it is `cniVersion` as it
 * stands, and where none is spoken here too: the plugins are to refuse it, each in its own words.
 */
export function selectVersion(
  cniVersion: string,
  cniVersions: readonly string[] | undefined,
): Result<string, string> {
  if (cniVersions === undefined) return ok(cniVersion === "" ? DEFAULT_VERSION : cniVersion);
  const offered = cniVersion === "" ? cniVersions : [...cniVersions, cniVersion];
  for (const version of offered) {
    const parsed = parseVersion(version);
    if (!parsed.ok) return parsed;
  }
  const spoken = offered
    .filter((version) => compareVersions(version, CURRENT_VERSION) <= 0)
    .sort(compareVersions);
  return ok(spoken.at(-1) ?? (cniVersion === "" ? DEFAULT_VERSION : cniVersion));
}
