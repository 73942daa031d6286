import { z } from "zod";
import { COMPONENTS, type Component } from "./component.ts";

/** A word that goes into an apt source list or onto apt's command line. */
const SUITE = z.string().regex(/^[a-z][a-z0-9-]*$/, "a suite is a word such as bookworm");
const PACKAGE_VERSION = z
  .string()
  .regex(/^[0-9][A-Za-z0-9.+:~-]*$/, "a Debian version such as 1.1.5+ds1-1+deb12u1");
const MIRROR = z.string().regex(/^https?:\/\/[^\s[\]"';]+$/, "an http or https URL");

/** The shape of one component's settings in nodewright.yaml. */
export const componentSettingsSchema = z.discriminatedUnion("source", [
  /** Files of the user's own: downloads/ in the cluster directory. */
  z.strictObject({ source: z.literal("downloads") }),
  /** A package, taken apart; without a suite the jumpbox's own apt sources. */
  z.strictObject({
    source: z.literal("debian"),
    suite: SUITE.optional(),
    mirror: MIRROR.optional(),
    version: PACKAGE_VERSION.optional(),
  }),
  /** URLs of a list file, by default downloads-ARCH.txt in the cluster directory. */
  z.strictObject({
    source: z.literal("upstream"),
    list: z.string().min(1).optional(),
    insecureNoChecksum: z.boolean().optional(),
  }),
  /** The nodewright executable itself. */
  z.strictObject({ source: z.literal("builtin") }),
  /** Not wanted on the nodes. */
  z.strictObject({ source: z.literal("none") }),
]);

/** Where one component comes from. */
export type ComponentSettings = z.infer<typeof componentSettingsSchema>;

/** The shape of all components' settings: what is not named comes from downloads/. */
export const componentsSettingsSchema = z.partialRecord(
  z.enum(COMPONENTS),
  componentSettingsSchema,
);

/** Settings by component. */
export type ComponentsSettings = Readonly<Partial<Record<Component, ComponentSettings>>>;

/** What a component without settings has. */
export const DEFAULT_SETTINGS: ComponentSettings = { source: "downloads" };

/** The settings as one line: a lock entry made for another line is not used. */
export function describeSettings(settings: ComponentSettings): string {
  switch (settings.source) {
    case "downloads":
    case "builtin":
    case "none":
      return settings.source;
    case "debian": {
      const words = ["debian", settings.suite ?? "own-suite"];
      if (settings.mirror !== undefined) words.push(settings.mirror);
      if (settings.version !== undefined) words.push(settings.version);
      return words.join(" ");
    }
    case "upstream":
      return `upstream ${settings.list ?? "downloads-ARCH.txt"}`;
  }
}
