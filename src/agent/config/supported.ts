import type { Problem } from "../../base/mod.ts";
import {
  formatPath,
  type KubeletConfig,
  kubeletConfiguration,
  type Path,
  type PlainValue,
  schemaAt,
} from "../../config/mod.ts";
import { FIELD_SUPPORT, OBEYED_GATES } from "./field-support.ts";

/**
 * One problem for each field that is set to something other than its default and that the agent
 * does not obey: it is never passed over in silence.
 */
export function findUnsupported(
  config: KubeletConfig,
  options: { readonly asWarnings: boolean },
): Problem[] {
  const set = config.document.value;
  if (typeof set !== "object" || set === null || Array.isArray(set)) return [];
  return Object.entries(set).flatMap(([field, value]) => {
    const support = FIELD_SUPPORT[field];
    if (support?.kind !== "refused" || isDefault([field], value)) return [];
    if (field === "featureGates" && hasOnly(value, OBEYED_GATES)) return [];
    return [
      {
        code: "unsupported-field",
        severity: options.asWarnings ? ("warning" as const) : ("error" as const),
        message: `Cannot obey "${formatPath([field])}": ${support.why}`,
        locations: [config.document.keyAt([field])],
        fix: `remove "${field}", or start the agent with --ignore-unsupported`,
      },
    ];
  });
}

/** True where a map has no keys but these. */
function hasOnly(value: PlainValue, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((name) => names.includes(name));
}

function isDefault(path: Path, value: PlainValue): boolean {
  if (value === "" || value === null) return true;
  if (Array.isArray(value) && value.length === 0) return true;
  const schema = schemaAt(kubeletConfiguration, path);
  if (schema?.default !== undefined) return Bun.deepEquals(value, schema.default);
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, inner]) => isDefault([...path, key], inner));
}
