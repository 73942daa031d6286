/** Markup that is safe: every text in it was escaped when it was put in. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | readonly Part[];

/**
 * A template of HTML or SVG: what is put into it is escaped, for elements and for attributes in
 * double quotes, unless it is Markup itself.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const pieces = strings.map((text, i) => text + (i < parts.length ? render(parts[i]) : ""));
  return new Markup(pieces.join(""));
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return String(part);
  return part.map(render).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  // Control characters have no place in HTML, nor have halves of surrogate pairs in UTF-8.
  const printable = text.toWellFormed().replace(CONTROL, "\ufffd");
  return printable.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const CONTROL = /(?![\t\n\r])\p{Cc}/gu;
