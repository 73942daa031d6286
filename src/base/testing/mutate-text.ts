/** What stands for something in one format or another, or is no text at all. */
const SNIPPETS = ["\0", "\n", "\r\n", "\t", '"', "\\", "{", "}", "[", ":", ",", "/", "..", "-1"];
const LONG = "a".repeat(300);

/** A text that was damaged somewhere: cut off, with something put in, doubled, or emptied. */
export function mutateText(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const to = at + random(text.length - at + 1);
  const snippet = SNIPPETS[random(SNIPPETS.length)] ?? "";
  const ways = [
    () => text.slice(0, at),
    () => text.slice(0, at) + snippet + text.slice(at),
    () => text.slice(0, at) + text.slice(to),
    () => text.slice(0, to) + text.slice(at),
    () => text.slice(0, at) + String.fromCharCode(random(0x3000)) + text.slice(at + 1),
    () => "\0".repeat(text.length),
    () => text.slice(0, at) + LONG + text.slice(at),
  ];
  return ways[random(ways.length)]?.() ?? "";
}
