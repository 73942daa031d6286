/**
 * What each option of a worker node's files does, in English and Korean. Types, defaults and choices
 * come from the schemas that files are checked with (src/config); the texts are here. No I/O.
 *
 * An option is named `FILE:PATH`, as `kubelet:maxPods`. Where the word is unambiguous its path
 * (`authentication.anonymous.enabled`) or the end of its path (`anonymous.enabled`) is enough.
 *
 * ```ts
 * const book = createBook({ rules: RULES, settings: settingsSchema });
 * const found = lookUp("maxPods", book);
 * if (found.kind === "option") {
 *   const page = optionPage(found.option, found.others, book, "en");
 *   for (const line of renderPage(page, { language: "en", columns: 80, color: false })) print(line);
 * }
 * ```
 *
 * @module
 */
export { type Book, type BookSources, type Chapter, chaptersOf, createBook } from "./book.ts";
export { containerdKeys } from "./containerd-options.ts";
export { describeDeprecated, wordsOf } from "./describe-value.ts";
export { LABELS } from "./labels.ts";
export { type Found, lookUp, nameOf } from "./lookup.ts";
export type { Option, OptionFile } from "./option.ts";
export { optionsDocument } from "./options-document.ts";
export { renderOverview } from "./overview.ts";
export {
  type FilePage,
  filePage,
  firstSentence,
  type OptionPage,
  optionPage,
  type RulePage,
  rulePage,
  type Tie,
  tieOf,
} from "./page.ts";
export { type PageLook, renderChoices, renderPage, renderRules } from "./render-page.ts";
export { schemaKeys } from "./schema-keys.ts";
