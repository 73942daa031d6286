import { type Language, UsageError } from "../../base/mod.ts";
import { UNIT_KEYS } from "../../config/mod.ts";
import {
  type Book,
  type Found,
  filePage,
  lookUp,
  optionPage,
  type PageLook,
  renderChoices,
  renderOverview,
  renderPage,
  renderRules,
  rulePage,
  tieOf,
} from "../../explain/mod.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { languageOf, languageOption } from "../output/language.ts";
import { explainBook } from "./explain-book.ts";

/** Lines longer than this are hard to read, whatever the terminal has. */
const WIDEST = 100;
const NARROWEST = 40;

/** `nodewright explain [WORD]`: a page about an option, a file or a rule. */
export const define: DefineCommand = (root, context) => {
  root
    .argument(
      "[word...]",
      "an option (maxPods, kubelet:maxPods), a file or its path, a rule (NW-A01), all rules (NW)",
    )
    // Flags of the kubelet are words to be explained.
    .allowUnknownOption()
    .addOption(languageOption("the page"))
    .action((words, options) => {
      const lang = options.lang ?? languageOf(context.process.env);
      const book = explainBook();
      const word = words.join(" ").trim();
      if (word === "") overview(book, lang, context);
      else explain(word, book, lang, context);
    });
};

function overview(book: Book, language: Language, context: CliContext): void {
  if (!context.json) {
    renderOverview(book, lookOf(language, context)).forEach(context.out.line);
    return;
  }
  context.out.json({
    kind: "overview",
    files: book.files.map((file) => filePage(file, [], book, language)),
    rules: book.rules.map(({ id, title }) => ({ name: id, title })),
  });
}

function explain(word: string, book: Book, language: Language, context: CliContext): void {
  const found = lookUp(word, book);
  if (found.kind === "unknown") throw unknownWord(word, found.nearest);
  const look = lookOf(language, context);
  if (found.kind === "rules") {
    const rules = found.rules.map(({ id, title }) => ({ name: id, title }));
    if (context.json) context.out.json({ kind: "rules", rules });
    else renderRules(rules, look).forEach(context.out.line);
    return;
  }
  if (found.kind === "options") {
    const options = found.options.map((option) => tieOf(option, language));
    if (context.json) context.out.json({ kind: "options", options });
    else renderChoices(options, look).forEach(context.out.line);
    return;
  }
  const page = pageOf(found, book, language);
  if (context.json) context.out.json(page);
  else renderPage(page, look).forEach(context.out.line);
}

function pageOf(
  found: Extract<Found, { readonly kind: "option" | "file" | "rule" }>,
  book: Book,
  language: Language,
) {
  switch (found.kind) {
    case "option":
      return optionPage(found.option, found.others, book, language);
    case "file":
      return filePage(found.file, found.others, book, language);
    case "rule":
      return rulePage(found.rule, book);
  }
}

function unknownWord(word: string, near: readonly string[]): UsageError {
  const key = word.replace(/^\[\w+\]\s*/, "").replace(/=.*$/, "");
  if ([...UNIT_KEYS.values()].some((keys) => keys.includes(key))) {
    return new UsageError(`Cannot explain a key of systemd that has no page here: "${key}"`, {
      fix: "man systemd.directives names the manual page",
    });
  }
  const all = "nodewright explain lists all files and options";
  const fix = near.length === 0 ? all : `Did you mean ${near.join(", ")}? ${all}`;
  return new UsageError(`Cannot explain, no option, file or rule has that name: "${word}"`, {
    fix,
  });
}

/** As wide as the terminal, within what can be read; a pipe gets 80 columns, without colour. */
function lookOf(language: Language, context: CliContext): PageLook {
  const { isTTY, columns = 80 } = context.process.stdout;
  return {
    language,
    columns: isTTY === true ? Math.max(NARROWEST, Math.min(columns, WIDEST)) : 80,
    color: context.color && isTTY === true,
  };
}
