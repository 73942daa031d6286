import type { Problem } from "../../base/mod.ts";
import { DEFAULT_VERSION, selectVersion } from "../version.ts";
import { ConfSource } from "./conf-source.ts";
import type { JsonObject, JsonValue } from "./json.ts";

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

/** Parses a .conflist. Its keys count by their exact case, as for the reference library. */
export function parseConfList(text: string, file: string): ParsedConf<ConfList> {
  const source = new ConfSource(text, file);
  const root = source.root;
  if (root === undefined) return source.end<ConfList>(undefined);
  const versions = source.texts(root, "cniVersions");
  const selected = selectVersion(source.text(root, "cniVersion") ?? "", versions);
  if (!selected.ok) {
    source.problem(["cniVersion"], "wrong-value", `Cannot use "cniVersion": ${selected.error}`);
  }
  const loadOnlyInlinedPlugins = source.boolean(root, "loadOnlyInlinedPlugins");
  const items = root["plugins"];
  if (items === undefined ? loadOnlyInlinedPlugins : !Array.isArray(items)) {
    const message = 'Cannot use "plugins": expected a list of plugins';
    source.problem(["plugins"], "wrong-type", message);
  }
  const plugins = (Array.isArray(items) ? items : []).flatMap(
    (item: JsonValue, i) => source.plugin(item, ["plugins", i]) ?? [],
  );
  return source.end({
    name: source.name(root),
    cniVersion: selected.ok ? selected.value : "",
    disableCheck: source.boolean(root, "disableCheck"),
    disableGC: source.boolean(root, "disableGC"),
    loadOnlyInlinedPlugins,
    plugins,
    file,
  });
}

/** Parses a .conf or .json, which is one plugin, into the list of it. */
export function parseConf(text: string, file: string): ParsedConf<ConfList> {
  const source = new ConfSource(text, file);
  const root = source.root;
  if (root === undefined) return source.end<ConfList>(undefined);
  const plugin = source.plugin(root, []);
  return source.end({
    name: source.name(root),
    cniVersion: source.text(root, "cniVersion") || DEFAULT_VERSION,
    disableCheck: false,
    disableGC: false,
    loadOnlyInlinedPlugins: true,
    plugins: plugin === undefined ? [] : [plugin],
    file,
  });
}

/** Parses a file of a network's own directory: a plugin that is put behind those of its list. */
export function parsePluginFile(text: string, file: string): ParsedConf<ConfListPlugin> {
  const source = new ConfSource(text, file);
  return source.end(source.root === undefined ? undefined : source.plugin(source.root, []));
}
