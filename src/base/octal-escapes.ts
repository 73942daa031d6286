/** A path as the kernel writes it in /proc: space, tab, newline and backslash as three octal digits. */
export function decodeOctalEscapes(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
