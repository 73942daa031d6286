import {
  type KubeletConfig,
  kubeletConfiguration,
  type PlainValue,
  parseDurationMs,
  schemaAt,
} from "../../config/mod.ts";

type Plain = { readonly [key: string]: PlainValue };

const IDENTITY: Plain = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
};

/** The whole configuration with every default filled in: what /configz answers. */
export function withDefaults(config: KubeletConfig): Plain {
  const given = config.document.value;
  const defaults = defaultsOf([]);
  if (!isMap(given) || !isMap(defaults)) return IDENTITY;
  return { ...overDefaults(defaults, given), ...IDENTITY };
}

/** Maps key by key, anything else as it is given. */
function overDefaults(defaults: Plain, given: Plain): Plain {
  const merged: Record<string, PlainValue> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    if (value === null) continue;
    const below = Object.hasOwn(merged, key) ? merged[key] : undefined;
    if (asksForDefault(value, below)) continue;
    merged[key] = isMap(below) && isMap(value) ? overDefaults(below, value) : value;
  }
  return merged;
}

/** A duration of nothing stands for the default one. */
function asksForDefault(value: PlainValue, standard: PlainValue | undefined): boolean {
  if (typeof value !== "string" || typeof standard !== "string") return false;
  return parseDurationMs(standard) !== undefined && parseDurationMs(value) === 0;
}

function isMap(value: PlainValue | undefined): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
