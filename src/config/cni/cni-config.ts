import { nearest, type Problem } from "../../base/mod.ts";
import {
  type ConfigDocument,
  type ConfigNode,
  formatPath,
  type MapNode,
  type Path,
} from "../document/config-document.ts";
import { findUnexpanded } from "../document/find-unexpanded.ts";
import { parseJson } from "../document/parse-json.ts";
import { joinProblems, MAX_PROBLEMS } from "../document/problems.ts";
import type { ConfigInput, Parsed } from "../document/source-text.ts";
import { ConfigReader, type Located } from "../schema/config-reader.ts";
import type { SchemaNode } from "../schema/schema.ts";
import { isOpposite } from "../schema/suggest-key.ts";
import { validateNode } from "../schema/validate.ts";
import { confListSchema, pluginSchema } from "./plugin-schemas.ts";

/**
 * Parses a CNI .conf or .conflist. Keys that nothing here knows are no fault (plugins have their
 * own); those near to a known one are warnings, and `unknownKeys` lists all of them.
 */
export function parseCniConfig(input: ConfigInput, file: string): Parsed<CniConfig> {
  const parsed = parseJson(input, file);
  const document = parsed.value;
  if (document === undefined) return { value: undefined, problems: parsed.problems };
  const isList = document.root.kind === "map" && document.root.entries.has("plugins");
  const problems = [...parsed.problems];
  const unknownKeys: Located<string>[] = [];
  for (const { path, schema } of parts(document, isList)) {
    problems.push(...validateNode(document, schema, path));
    collectUnknownKeys(document, { path, schema }, { unknownKeys, problems });
  }
  if (document.root.kind !== "map") return { value: undefined, problems };
  const config = new CniConfig(document, isList, unknownKeys);
  problems.push(...wrongForm(config), ...missingVersion(config), ...findUnexpanded(document));
  return { value: config, problems: joinProblems([], problems) };
}

/** A plugin of a network: the whole conf, or an entry of a list. */
export interface CniPluginConfig {
  readonly path: Path;
  readonly type: Located<string> | undefined;
  readonly ipamType: Located<string> | undefined;
  /** host-local's subnets: the legacy one first, then those of `ranges` in order. */
  readonly subnets: readonly Located<string>[];
  /** True where `ranges` is there and is no list of lists of maps, as host-local wants it. */
  readonly hasFlatRanges: boolean;
  /** host-local's directory of address files. */
  readonly dataDir: Located<string> | undefined;
  readonly bridge: Located<string> | undefined;
  readonly isGateway: Located<boolean> | undefined;
  readonly isDefaultGateway: Located<boolean> | undefined;
  readonly ipMasq: Located<boolean> | undefined;
  readonly hairpinMode: Located<boolean> | undefined;
  readonly mtu: Located<number> | undefined;
  /** The capabilities that the plugin asks the runtime for, as `portMappings`. */
  readonly capabilities: readonly Located<string>[];
}

/** A network that the container runtime attaches pods to. */
export class CniConfig {
  readonly document: ConfigDocument;
  /** True for a list of plugins, false for a single one. */
  readonly isList: boolean;
  /** Keys that no table here has. */
  readonly unknownKeys: readonly Located<string>[];
  readonly #reader: ConfigReader;

  constructor(document: ConfigDocument, isList: boolean, unknownKeys: readonly Located<string>[]) {
    this.document = document;
    this.isList = isList;
    this.unknownKeys = unknownKeys;
    this.#reader = new ConfigReader(document, confListSchema);
  }

  get name(): Located<string> | undefined {
    return this.#reader.textOrDefault(["name"]);
  }
  get cniVersion(): Located<string> | undefined {
    return this.#reader.textOrDefault(["cniVersion"]);
  }
  /** The versions that a list offers beside `cniVersion` (specification 1.1). */
  get cniVersions(): readonly Located<string>[] {
    return this.#reader.texts(["cniVersions"]);
  }
  get disableCheck(): Located<boolean> | undefined {
    return this.#reader.boolean(["disableCheck"]);
  }
  /** The plugins in the order in which they are called. */
  get plugins(): readonly CniPluginConfig[] {
    return parts(this.document, this.isList)
      .filter((part) => part.isPlugin)
      .map(({ path, schema }) => this.#plugin(path, schema));
  }
  /** Every subnet that a plugin of the network hands addresses out of. */
  get subnets(): readonly Located<string>[] {
    return this.plugins.flatMap((plugin) => plugin.subnets);
  }

  #plugin(path: Path, schema: SchemaNode): CniPluginConfig {
    const reader = new ConfigReader(this.document, schema, path);
    return {
      path,
      type: reader.textOrDefault(["type"]),
      ipamType: reader.textOrDefault(["ipam", "type"]),
      subnets: subnetsOf(reader),
      hasFlatRanges: hasFlatRanges(this.document.node([...path, "ipam", "ranges"])),
      dataDir: reader.textOrDefault(["ipam", "dataDir"]),
      bridge: reader.textOrDefault(["bridge"]),
      isGateway: reader.boolean(["isGateway"]),
      isDefaultGateway: reader.boolean(["isDefaultGateway"]),
      ipMasq: reader.boolean(["ipMasq"]),
      hairpinMode: reader.boolean(["hairpinMode"]),
      mtu: reader.number(["mtu"]),
      capabilities: reader.keys(["capabilities"]),
    };
  }
}

function subnetsOf(reader: ConfigReader): readonly Located<string>[] {
  const paths: Path[] = [["ipam", "subnet"]];
  for (let i = 0; i < reader.length(["ipam", "ranges"]); i++) {
    for (let j = 0; j < reader.length(["ipam", "ranges", i]); j++) {
      paths.push(["ipam", "ranges", i, j, "subnet"]);
    }
  }
  return paths.flatMap((path) => reader.text(path) ?? []);
}

function hasFlatRanges(ranges: ConfigNode | undefined): boolean {
  if (ranges === undefined) return false;
  const sets = ranges.kind === "list" ? ranges.items : [ranges];
  return sets.some((set) => set.kind !== "list" || set.items.some((range) => range.kind !== "map"));
}

interface Part {
  readonly path: Path;
  readonly schema: SchemaNode;
  readonly isPlugin: boolean;
}

/** The parts of a file that a schema of their own is for: a conf whole, a list and its plugins. */
function parts(document: ConfigDocument, isList: boolean): readonly Part[] {
  if (!isList) return [pluginPart(document, [])];
  const plugins = document.node(["plugins"]);
  const count = plugins?.kind === "list" ? plugins.items.length : 0;
  const entries = Array.from({ length: count }, (_, i) => pluginPart(document, ["plugins", i]));
  return [{ path: [], schema: confListSchema, isPlugin: false }, ...entries];
}

function pluginPart(document: ConfigDocument, path: Path): Part {
  const word = (...rest: Path): string | undefined => {
    const node = document.node([...path, ...rest]);
    return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
  };
  const schema = pluginSchema(word("type"), word("ipam", "type"), path.length === 0);
  return { path, schema, isPlugin: true };
}

/** Lists the keys that a schema does not have, in it and in the objects directly below. */
function collectUnknownKeys(
  document: ConfigDocument,
  { path, schema }: { readonly path: Path; readonly schema: SchemaNode },
  found: { readonly unknownKeys: Located<string>[]; readonly problems: Problem[] },
): void {
  const node = document.node(path);
  if (node?.kind !== "map" || schema.type !== "object" || schema.unknownKeys !== "allow") return;
  for (const [key, entry] of node.entries) {
    const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
    if (field !== undefined) {
      collectUnknownKeys(document, { path: [...path, key], schema: field }, found);
      continue;
    }
    const location = document.locate(entry.keyOffset);
    found.unknownKeys.push({ value: key, location, isDefault: false });
    if (found.problems.length > MAX_PROBLEMS) continue;
    const near = nearest(key, freeKeys(node, schema.fields));
    if (near === undefined || isOpposite(key, near)) continue;
    found.problems.push({
      code: "unknown-key",
      severity: "warning",
      message: `Unknown key in ${formatPath(path)}: "${key}"`,
      locations: [location],
      fix: `write "${near}"`,
    });
  }
}

/** Known keys that the map does not already have: those that an unknown one may have meant. */
function freeKeys(node: MapNode, fields: { readonly [key: string]: SchemaNode }): string[] {
  return Object.keys(fields).filter((key) => !node.entries.has(key));
}

/** libcni goes by the file's name: a list in a .conf has no type, a conf in a .conflist no plugins. */
function wrongForm(config: CniConfig): Problem[] {
  const { file } = config.document;
  const isListName = file.endsWith(".conflist");
  const isConfName = file.endsWith(".conf") || file.endsWith(".json");
  if (config.isList ? !isConfName : !isListName) return [];
  return [
    {
      code: "wrong-form",
      severity: "error",
      message: config.isList
        ? "Found a list of plugins in a file that is read as a single plugin's"
        : "Found a single plugin in a file that is read as a list of plugins",
      locations: [config.document.keyAt(config.isList ? ["plugins"] : ["type"])],
      fix: config.isList ? "name the file .conflist" : 'name the file .conf, or write "plugins"',
    },
  ];
}

function missingVersion(config: CniConfig): Problem[] {
  if (config.cniVersion !== undefined || config.cniVersions.length > 0) return [];
  return [
    {
      code: "missing-version",
      severity: "error",
      message: 'Missing key in the document: "cniVersion"',
      locations: [config.document.at([])],
      fix: 'add "cniVersion", as "1.0.0"',
    },
  ];
}
