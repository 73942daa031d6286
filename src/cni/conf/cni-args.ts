import { CNI_ERROR, CniError } from "../errors.ts";

/** The key that every plugin has: whether unknown ones are passed over. */
const IGNORE_UNKNOWN = "IgnoreUnknown";

/**
 * Keys that some plugin of this set knows. All plugins of a network get the same CNI_ARGS: what is
 * meant for the one is no mistake for the others.
 */
const KNOWN_SOMEWHERE = ["IP", "GATEWAY", "MAC"];

/**
 * Reads CNI_ARGS (`K=V;K2=V2`) for a plugin that knows some keys; what is not given, or given
 * empty, is left out. Keys count by their exact case, and the last one of a name is taken. A key
 * that no plugin of this set knows is an error unless `IgnoreUnknown=1` (or true) is among them, as kubelet's runtimes
 * send it. CniError 4, as the variable is one of the environment's.
 */
export function parseCniArgs<K extends string>(
  text: string,
  known: readonly K[],
): { readonly [P in K]?: string } {
  const found: { [P in K]?: string } = {};
  const unknown: string[] = [];
  let isIgnoringUnknown = false;
  for (const [key, value] of splitCniArgs(text)) {
    const name = known.find((one) => one === key);
    if (name !== undefined) {
      if (value === "") delete found[name];
      else found[name] = value;
    } else if (key === IGNORE_UNKNOWN) isIgnoringUnknown = parseBoolean(value);
    else if (!KNOWN_SOMEWHERE.includes(key)) unknown.push(key);
  }
  if (unknown.length > 0 && !isIgnoringUnknown) {
    const keys = unknown.map((key) => `"${key}"`).join(", ");
    throw wrong(`${keys} is unknown to this plugin, and IgnoreUnknown=1 is not among them`);
  }
  return found;
}

/** The pairs of CNI_ARGS in their order; CniError 4 where one has not exactly one "=". */
export function splitCniArgs(text: string): readonly (readonly [string, string])[] {
  if (text === "") return [];
  return text.split(";").map((pair) => {
    const [key, value, ...more] = pair.split("=");
    if (key !== undefined && value !== undefined && more.length === 0) return [key, value];
    throw wrong(`"${pair}" is no pair KEY=VALUE`);
  });
}

function parseBoolean(value: string): boolean {
  const lower = value.toLowerCase();
  if (lower === "1" || lower === "true") return true;
  if (lower === "0" || lower === "false") return false;
  throw wrong(`${IGNORE_UNKNOWN}="${value}" is neither 1, true, 0 nor false`);
}

function wrong(why: string): CniError {
  return new CniError(CNI_ERROR.invalidEnvironment, `Cannot use CNI_ARGS: ${why}`);
}
