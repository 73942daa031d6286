import type { JsonValue } from "../json.ts";
import { DEFAULT_VERSION, selectVersion } from "../version.ts";
import type { ConfList, ConfListPlugin, ParsedConf } from "./conf-list.ts";
import { ConfSource } from "./conf-source.ts";
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
