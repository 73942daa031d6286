import { insertLines, lineEnd, type TextEdit } from "./text-edit.ts";

interface Line {
  readonly start: number;
  /** Behind its last continued line. */
  readonly end: number;
  readonly section: string;
  readonly key: string;
}

/**
 * Sets or removes a key of a systemd unit: the last assignment is what counts and is rewritten, a
 * missing one goes to the end of its section, a missing section to the end of the file.
 */
export function editUnit(text: string, { path, set }: TextEdit): string | undefined {
  const [section, key] = path;
  if (typeof section !== "string" || typeof key !== "string") return undefined;
  const lines = readLines(text);
  const own = lines.filter((line) => line.section === section && line.key === key);
  if (set === undefined) {
    return own
      .toReversed()
      .reduce((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
  }
  const assignment = `${key}=${wordOf(set)}`;
  const last = own.at(-1);
  if (last !== undefined) {
    return `${text.slice(0, last.start)}${assignment}\n${text.slice(last.end)}`;
  }
  const inSection = lines.filter((line) => line.section === section).at(-1);
  if (inSection !== undefined) return insertLines(text, inSection.end, assignment);
  return insertLines(text, text.length, `\n[${section}]\n${assignment}`);
}

/** systemd writes truth as yes and no, lists with blanks. */
function wordOf(value: TextEdit["set"]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** Headers and assignments, with continued lines as part of the one that they continue. */
function readLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let section = "";
  for (let at = 0; at < text.length; ) {
    const start = at;
    let end = lineEnd(text, at);
    const first = text.slice(start, end);
    const isComment = /^\s*[#;]/.test(first);
    while (!isComment && /\\\r?\n$/.test(text.slice(start, end)) && end < text.length) {
      end = lineEnd(text, end);
    }
    at = end;
    const header = /^\[([^\]]+)\]\s*$/.exec(first)?.[1];
    if (header !== undefined) section = header;
    const key = isComment ? undefined : /^([A-Za-z][\w-]*)\s*=/.exec(first)?.[1];
    if (header !== undefined || key !== undefined) {
      lines.push({ start, end, section, key: key ?? "" });
    }
  }
  return lines;
}
