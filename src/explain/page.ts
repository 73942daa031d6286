import type { Language } from "../base/mod.ts";
import type { RuleInfo } from "../check/rule.ts";
import type { Book } from "./book.ts";
import { describeDefault, describeDeprecated, describeType } from "./describe-value.ts";
import { LABELS } from "./labels.ts";
import { nameOf } from "./lookup.ts";
import type { Option, OptionFile } from "./option.ts";

/** Something that an option has to agree with, and what a reader should know of it at once. */
export interface Tie {
  readonly name: string;
  readonly title?: string;
}

/** The page of an option, in one language. */
export interface OptionPage {
  readonly kind: "option";
  readonly name: string;
  readonly file: string;
  readonly does: string;
  /** Absent for what has no value, as a place. */
  readonly type?: string;
  readonly default?: string;
  readonly isRequired: boolean;
  readonly deprecated?: string;
  readonly values: readonly { readonly value: string; readonly meaning?: string }[];
  readonly keys: readonly Tie[];
  readonly wrong?: string;
  readonly tiedTo: readonly Tie[];
  readonly places: Option["places"];
  readonly others: readonly string[];
}

/** The page of a file: what it is, and a line for each of its options. */
export interface FilePage {
  readonly kind: "file";
  readonly name: string;
  readonly names: readonly string[];
  readonly title: string;
  readonly about: string;
  readonly where: readonly string[];
  readonly tiedTo: readonly Tie[];
  readonly options: readonly Tie[];
  readonly others: readonly string[];
}

/** The page of a rule; the rule's own texts are English. */
export interface RulePage extends RuleInfo {
  readonly kind: "rule";
  readonly options: readonly string[];
}

/** Makes the page of an option. */
export function optionPage(
  option: Option,
  others: readonly Option[],
  book: Book,
  language: Language,
): OptionPage {
  const { file, text, schema } = option;
  const byDefault = defaultOf(option, language);
  const deprecated = schema && describeDeprecated(schema, language);
  const wrong = language === "ko" ? text.koWrong : text.enWrong;
  return {
    kind: "option",
    name: nameOf(option),
    file: fileName(file, language),
    does: text[language],
    ...(schema === undefined ? {} : { type: describeType(schema, language) }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    isRequired: schema?.required === true,
    ...(deprecated === undefined ? {} : { deprecated }),
    values: valuesOf(option, language),
    keys: childrenOf(option).map((child) => tieOf(child, language)),
    ...(wrong === undefined ? {} : { wrong }),
    tiedTo: tiesOf(nameOf(option), text.tiedTo ?? [], book, language),
    places: option.places,
    others: others.map(nameOf),
  };
}

/** What a file is called on the pages of its options: its name, or what it is where there are several. */
function fileName({ names, where, title }: OptionFile, language: Language): string {
  const [name] = names;
  return name?.includes(".") === true && where.length < 2 ? name : title[language];
}

function defaultOf({ text, schema }: Option, language: Language): string | undefined {
  if (text.defaultIs !== undefined) return text.defaultIs[language === "ko" ? 1 : 0];
  if (schema === undefined) return undefined;
  if (schema.default === "") return LABELS.empty[language];
  if (schema.default !== undefined) return describeDefault(schema.default);
  const isGroup = schema.type === "object" || schema.required === true;
  return isGroup ? undefined : LABELS.none[language];
}

function valuesOf({ text, schema }: Option, language: Language): OptionPage["values"] {
  const items = schema?.type === "list" ? schema.items : schema;
  const choices =
    items?.type === "choice" ? items.choices : schema?.type === "map" ? (schema.keys ?? []) : [];
  const values = new Set([...choices, ...Object.keys(text.values ?? {})]);
  return [...values].map((value) => {
    const written = text.values?.[value]?.[language === "ko" ? 1 : 0];
    const meaning = written ?? (value === "" ? LABELS.emptyValue[language] : undefined);
    return { value: value === "" ? '""' : value, ...(meaning === undefined ? {} : { meaning }) };
  });
}

/** The keys right below an option that is a group of keys. */
function childrenOf(option: Option): readonly Option[] {
  const below = (path: string): boolean => {
    if (!path.startsWith(option.path)) return false;
    return /^(?:\[\])*(?:\.\*)?\.[^.]+$/.test(path.slice(option.path.length));
  };
  return option.file.options.filter(({ path }) => below(path));
}

/** What an option says that it is tied to, and what says so of the option. */
function tiesOf(
  name: string,
  own: readonly string[],
  book: Book,
  language: Language,
): readonly Tie[] {
  const all = book.files.flatMap((file) => file.options);
  const reverse = all.filter(({ text }) => text.tiedTo?.includes(name) === true).map(nameOf);
  return [...new Set([...own, ...reverse])].map((tie) => {
    const rule = book.rules.find(({ id }) => id === tie);
    if (rule !== undefined) return { name: tie, title: rule.title };
    const other = all.find((option) => nameOf(option) === tie);
    return other === undefined ? { name: tie } : tieOf(other, language);
  });
}

/** An option as it stands in lists: its name, and the first sentence of its text. */
export function tieOf(option: Option, language: Language): Tie {
  return { name: nameOf(option), title: firstSentence(option.text[language]) };
}

/** The first sentence of a text: what a list has room for. */
export function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/s.exec(text)?.[0] ?? text;
}

/** Makes the page of a file. */
export function filePage(
  file: OptionFile,
  others: readonly Option[],
  book: Book,
  language: Language,
): FilePage {
  return {
    kind: "file",
    name: file.id,
    names: file.names,
    title: file.title[language],
    about: file.about[language],
    where: file.where,
    tiedTo: tiesOf("", file.tiedTo, book, language),
    options: file.options.map((option) => tieOf(option, language)),
    others: others.map(nameOf),
  };
}

/** Makes the page of a rule, with the options that name it. */
export function rulePage(rule: RuleInfo, book: Book): RulePage {
  const options = book.files
    .flatMap((file) => file.options)
    .filter(({ text }) => text.tiedTo?.includes(rule.id) === true);
  const { id, severity, title, stages, places, symptom, why, fix, holds, provoked } = rule;
  return {
    kind: "rule",
    ...{ id, severity, title, stages, places, symptom, why, fix, provoked },
    ...(holds === undefined ? {} : { holds }),
    options: options.map(nameOf),
  };
}
