import type { Edit } from "../finding.ts";
import { editJson } from "./edit-json.ts";
import { editToml } from "./edit-toml.ts";
import { editUnit } from "./edit-unit.ts";
import { editYaml } from "./edit-yaml.ts";
import type { TextEdit } from "./text-edit.ts";

/** What became of one file. */
export interface EditedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Edits that the file is not written for: a person has to make them. */
  readonly refused: readonly Edit[];
}

/**
 * Makes edits in the texts that they are for, each once. Comments and formatting stay; an edit that
 * would need either to change is refused.
 */
export function applyEdits(
  edits: readonly Edit[],
  read: (file: string) => string | undefined,
): readonly EditedFile[] {
  const distinct = [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
  return [...Map.groupBy(distinct, ({ file }) => file)].flatMap(([file, own]) => {
    const before = read(file);
    if (before === undefined) return [];
    const refused: Edit[] = [];
    let after = before;
    for (const edit of own) {
      const edited = editText(file, after, edit);
      if (edited === undefined) refused.push(edit);
      else after = edited;
    }
    return [{ file, before, after, refused }];
  });
}

type Editor = (text: string, edit: TextEdit) => string | undefined;

function editText(file: string, text: string, edit: TextEdit): string | undefined {
  try {
    return editorOf(file)?.(text, edit);
  } catch {
    // What cannot be parsed is not for a program to mend.
    return undefined;
  }
}

function editorOf(file: string): Editor | undefined {
  if (/\.service$|\.service\.d\/[^/]+\.conf$/.test(file)) return editUnit;
  if (/\.ya?ml$|kubeconfig$/.test(file)) return editYaml;
  if (file.endsWith(".toml")) return editToml;
  return /\.(conf|conflist|json)$/.test(file) ? editJson : undefined;
}
