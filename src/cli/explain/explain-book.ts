import { settingsSchema } from "../../bootstrap/inventory/mod.ts";
import { RULES } from "../../check/mod.ts";
import { type Book, createBook, optionsDocument } from "../../explain/mod.ts";

/** All options and rules that nodewright knows. */
export function explainBook(): Book {
  return createBook({ rules: RULES, settings: settingsSchema });
}

/** The documents about all options, by their names in docs/. */
export function optionsDocuments(): { readonly [name: string]: string } {
  const book = explainBook();
  return {
    "options.md": optionsDocument(book, "en"),
    "options.ko.md": optionsDocument(book, "ko"),
  };
}
