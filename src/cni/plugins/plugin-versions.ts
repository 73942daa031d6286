import { SPEC_VERSIONS } from "../version.ts";

/** The oldest version of the specification that a plugin accepts, where that is not the very first. */
const OLDEST: Readonly<Record<string, (typeof SPEC_VERSIONS)[number]>> = {
  bandwidth: "0.3.0",
  firewall: "0.4.0",
  vrf: "0.3.1",
};

/** The versions of the specification that the plugin of that name accepts, told without loading it. */
export function versionsOf(name: string): readonly string[] {
  const oldest = Object.hasOwn(OLDEST, name) ? OLDEST[name] : undefined;
  return SPEC_VERSIONS.slice(SPEC_VERSIONS.indexOf(oldest ?? SPEC_VERSIONS[0]));
}
