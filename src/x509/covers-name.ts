/** Names as TLS clients match them: without case, `*` for the first label. */
export function coversName(names: readonly string[], wanted: string): boolean {
  const folded = wanted.toLowerCase();
  const dot = folded.indexOf(".");
  return names.some((name) => {
    const candidate = name.toLowerCase();
    return candidate === folded || (dot > 0 && candidate === `*${folded.slice(dot)}`);
  });
}
