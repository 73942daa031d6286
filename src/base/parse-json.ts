/** The value of a JSON text; undefined where it is none, for a caller that judges the shape anyway. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
