/** A key that an object of a JSON text has more than once. */
export interface DuplicateKey {
  /** The keys that lead to the object; those of a list are its positions. */
  readonly path: readonly string[];
  readonly key: string;
}

/** An object or list that the text is in, and what of it has been read. */
interface Open {
  readonly path: readonly string[];
  /** Undefined for a list. */
  readonly keys: Set<string> | undefined;
  position: number;
  key: string | undefined;
}

/** Strings as a whole, so that nothing in them counts as a bracket. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs;

/**
 * The keys that JSON.parse reads more than once and of which it keeps the last value. The text must
 * be one that JSON.parse accepts.
 */
export function findDuplicateKeys(text: string): readonly DuplicateKey[] {
  const found: DuplicateKey[] = [];
  const stack: Open[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const open = stack.at(-1);
    if (token === "{" || token === "[") {
      const keys = token === "{" ? new Set<string>() : undefined;
      stack.push({ path: pathInto(open), keys, position: 0, key: undefined });
    } else if (token === "}" || token === "]") {
      stack.pop();
    } else if (token === ",") {
      if (open !== undefined) Object.assign(open, { key: undefined, position: open.position + 1 });
    } else if (open?.keys !== undefined && open.key === undefined) {
      open.key = String(JSON.parse(token));
      if (open.keys.has(open.key)) found.push({ path: open.path, key: open.key });
      open.keys.add(open.key);
    }
  }
  return found;
}

function pathInto(open: Open | undefined): readonly string[] {
  if (open === undefined) return [];
  return [...open.path, open.key ?? String(open.position)];
}
