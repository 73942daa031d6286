import { applyEdits, modify, parseTree } from "jsonc-parser";
import type { TextEdit } from "./text-edit.ts";

/** Sets or removes a value of a JSON text; everything else stays as it is written. */
export function editJson(text: string, { path, set }: TextEdit): string | undefined {
  if (parseTree(text) === undefined) return undefined;
  const indent = /^\{\s*?\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  const formattingOptions = {
    insertSpaces: !indent.includes("\t"),
    tabSize: indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
  return applyEdits(text, modify(text, [...path], set, { formattingOptions }));
}
