import type { SourceLocation } from "../base/mod.ts";
import type { Located, UnitFile } from "../config/mod.ts";
import type { VersionedComponent } from "./facts/binaries.ts";
import type { Versions } from "./facts/node-facts.ts";

/** `maxPods: 110`, or `maxPods is not set, which means 110`. */
export function setting(name: string, { value, isDefault }: Located<unknown>): string {
  return isDefault ? `${name} is not set, which means ${value}` : `${name}: ${value}`;
}

/** Where a flag would be added to a unit: its command. */
export function commandLocation(unit: UnitFile): SourceLocation {
  return unit.execStart[0]?.executable.location ?? { file: unit.file, line: 1, column: 1 };
}

/** The minor of a component of Kubernetes, 36 of 1.36.0; undefined where it is not known. */
export function minorOf(
  versions: Versions | undefined,
  component: VersionedComponent,
): number | undefined {
  const version = versions?.[component];
  return version?.major === 1 ? version.minor : undefined;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
