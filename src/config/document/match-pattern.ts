/**
 * Whether a path matches a pattern of glob(7) or Go's filepath.Match: `*` and `?` stand for anything
 * but `/`, `[...]` for one character of a set.
 */
export function matchesPattern(path: string, pattern: string): boolean {
  try {
    return new RegExp(`^${toExpression(pattern)}$`, "s").test(path);
  } catch {
    // A set such as [z-a], which matches nothing.
    return false;
  }
}

function toExpression(pattern: string): string {
  // A run of stars is one: several in a row would be tried against each other.
  return pattern.replace(/\*+|\?|\[[^\]/]+\]|[\\^$.|+(){}[\]]/g, (token) => {
    if (token.startsWith("*")) return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.length > 2 && token.startsWith("["))
      return token.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return `\\${token}`;
  });
}
