import type { Problem } from "../../base/mod.ts";
import {
  type ConfigDocument,
  type KubeletConfig,
  kubeletConfiguration,
  type PlainValue,
  parseKubeletConfig,
  schemaAt,
} from "../../config/mod.ts";
import { FLAGS, FLAGS_FILE, type FlagValue } from "./flags.ts";

/** A file of configuration as it was read. */
export interface ConfigLayer {
  readonly file: string;
  readonly text: string;
}

/** The layers, the weakest first: the file, the drop-ins in the order of their names, flags. */
export interface ConfigLayers {
  readonly file?: ConfigLayer;
  readonly dropIns: readonly ConfigLayer[];
  readonly flags: ReadonlyMap<string, FlagValue>;
}

/** What counts in the end, with every layer's problems. */
export interface EffectiveConfig {
  /** Of all layers together; undefined where one of them cannot be read. */
  readonly value: KubeletConfig | undefined;
  readonly problems: readonly Problem[];
  /** The layers' documents, for the places of fields. */
  readonly documents: readonly ConfigDocument[];
}

type Plain = { readonly [key: string]: PlainValue };

const IDENTITY: Plain = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
};

/** Flags over drop-ins over the file over the defaults, as the kubelet has it. */
export function effectiveConfig(layers: ConfigLayers): EffectiveConfig {
  const problems: Problem[] = [];
  const documents: ConfigDocument[] = [];
  let merged: Plain = IDENTITY;
  for (const layer of [...(layers.file === undefined ? [] : [layers.file]), ...layers.dropIns]) {
    const parsed = parseKubeletConfig(layer.text, layer.file);
    problems.push(...parsed.problems);
    const document = parsed.value?.document;
    if (document === undefined) continue;
    documents.push(document);
    if (isMap(document.value)) merged = mergeMaps(merged, document.value);
  }
  for (const [name, value] of layers.flags) {
    const field = FLAGS[name]?.field;
    if (field !== undefined) merged = setAt(merged, field, value);
  }
  const whole = parseKubeletConfig(JSON.stringify(merged), FLAGS_FILE);
  // What a file says has been reported with its place; what is left is the flags' own.
  const flagProblems = problems.some(({ severity }) => severity === "error")
    ? []
    : whole.problems.filter(({ severity }) => severity === "error");
  return { value: whole.value, problems: [...problems, ...flagProblems], documents };
}

/** Maps are merged, everything else is replaced; null is as good as absent. */
function mergeMaps(below: Plain, above: Plain): Plain {
  const merged: Record<string, PlainValue> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === null) continue;
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isMap(before) && isMap(value) ? mergeMaps(before, value) : value;
  }
  return merged;
}

function setAt(map: Plain, path: readonly string[], value: FlagValue): Plain {
  const [first, ...rest] = path;
  if (first === undefined) return map;
  const below = isMap(map[first]) ? map[first] : {};
  // cast: a flag's value is text, number, boolean, a list or a map of text: plain data
  const next = rest.length === 0 ? (value as PlainValue) : setAt(below, rest, value);
  return { ...map, [first]: next };
}

function isMap(value: PlainValue | undefined): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The whole configuration with every default filled in: what /configz answers. */
export function withDefaults(config: KubeletConfig): Plain {
  const given = config.document.value;
  const defaults = defaultsOf([]);
  return isMap(given) && isMap(defaults) ? mergeMaps(defaults, given) : IDENTITY;
}

function defaultsOf(path: readonly string[]): PlainValue | undefined {
  const schema = path.length === 0 ? kubeletConfiguration : schemaAt(kubeletConfiguration, path);
  if (schema === undefined) return undefined;
  // cast: the defaults in the tables are plain data
  if (schema.default !== undefined) return schema.default as PlainValue;
  if (schema.type !== "object") return undefined;
  const fields: Record<string, PlainValue> = {};
  for (const key of Object.keys(schema.fields)) {
    const value = defaultsOf([...path, key]);
    if (value !== undefined) fields[key] = value;
  }
  return Object.keys(fields).length === 0 ? undefined : fields;
}
