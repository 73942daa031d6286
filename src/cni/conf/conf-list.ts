import type { Problem } from "../../base/mod.ts";
import type { JsonObject } from "../json.ts";

/** A plugin of a network: one object of `plugins`, or the whole of a file for a single one. */
export interface ConfListPlugin {
  readonly type: string;
  /** The object as it stands, unknown keys and all. */
  readonly raw: JsonObject;
  readonly file: string;
}

/** A network (SPEC 1.1, section 1). */
export interface ConfList {
  readonly name: string;
  /** The version that its plugins are called with: the newest offered that is spoken here. */
  readonly cniVersion: string;
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  readonly loadOnlyInlinedPlugins: boolean;
  readonly plugins: readonly ConfListPlugin[];
  readonly file: string;
}

/** A file's network, where it has one, and everything that is wrong with it. */
export interface ParsedConf<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}
