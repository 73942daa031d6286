/**
 * Replaces `$(NAME)` by what `lookup` gives; an unknown one stays as it is written, and `$$` is a
 * dollar that is not looked at (so `$$(NAME)` gives `$(NAME)`).
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^()$]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (lookup(name) ?? whole),
  );
}
