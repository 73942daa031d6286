/** Scripts whose characters take two columns of a terminal: Hangul, Han, Kana, full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

/** How many columns a text takes. */
export function textWidth(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** Blanks between two columns. */
const GAP = 2;

/** Fills up to a number of columns. */
export function padColumns(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - textWidth(text)));
}

/**
 * Breaks a text at blanks into lines of at most `columns`; a longer word has a line of its own. A
 * newline in the text starts a new line.
 */
export function wrap(text: string, columns: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && textWidth(longer) > columns) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  });
}

/** Names in as many columns as fit, each as wide as it needs, read downwards. */
export function inColumns(names: readonly string[], columns: number): readonly string[] {
  for (let count = Math.max(1, names.length); count > 1; count--) {
    const height = Math.ceil(names.length / count);
    const lists = Array.from({ length: count }, (_, at) =>
      names.slice(at * height, (at + 1) * height),
    );
    const widths = lists.map((list) => Math.max(0, ...list.map(textWidth)));
    if (widths.reduce((sum, width) => sum + width + GAP, -GAP) > columns) continue;
    return Array.from({ length: height }, (_, row) =>
      lists
        .map((list, at) => padColumns(list[row] ?? "", (widths[at] ?? 0) + GAP))
        .join("")
        .trimEnd(),
    );
  }
  return names;
}
