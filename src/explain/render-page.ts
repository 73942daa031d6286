import { type Language, padColumns, textWidth, type Words, wrap } from "../base/mod.ts";
import { LABELS, STAGES } from "./labels.ts";
import type { FilePage, OptionPage, RulePage, Tie } from "./page.ts";

/** How a page is laid out. */
export interface PageLook {
  readonly language: Language;
  /** Columns of the terminal. */
  readonly columns: number;
  readonly color: boolean;
}

const INDENT = "  ";
/** A name that is longer than this has its meaning on the next line. */
const WIDEST_NAME = 28;

/** Lays a page out as lines of a terminal. */
export function renderPage(page: OptionPage | FilePage | RulePage, look: PageLook): string[] {
  const sheet = new Sheet(look);
  if (page.kind === "option") renderOption(sheet, page);
  else if (page.kind === "file") renderFile(sheet, page);
  else renderRule(sheet, page);
  return sheet.lines;
}

/** Lays out the list of options that one word may mean. */
export function renderChoices(options: readonly Tie[], look: PageLook): string[] {
  const sheet = new Sheet(look);
  sheet.title(LABELS.several[look.language]);
  sheet.list(options);
  sheet.lines.push("");
  sheet.text(`${LABELS.choose[look.language]} ${options[0]?.name ?? ""}`);
  return sheet.lines;
}

/** Lays out a list of rules, each with what has to hold. */
export function renderRules(rules: readonly Tie[], look: PageLook): string[] {
  const sheet = new Sheet(look);
  sheet.title(LABELS.rules[look.language]);
  sheet.list(rules);
  sheet.lines.push("");
  sheet.text(`${LABELS.oneRule[look.language]} ${rules[0]?.name ?? ""}`);
  return sheet.lines;
}

function renderOption(sheet: Sheet, page: OptionPage): void {
  sheet.title(page.name, page.file);
  sheet.text(page.does);
  const isRequired = page.isRequired ? `; ${sheet.word(LABELS.required)}` : "";
  const facts: [Words, string | undefined][] = [
    [LABELS.type, page.type && `${page.type}${isRequired}`],
    [LABELS.default, page.default],
    [LABELS.deprecated, page.deprecated],
  ];
  sheet.facts(facts);
  sheet.section(
    LABELS.values,
    page.values.map(({ value, meaning }) => named(value, meaning)),
  );
  sheet.section(LABELS.keys, page.keys);
  if (page.wrong !== undefined) sheet.paragraph(LABELS.wrong, page.wrong);
  sheet.section(LABELS.tiedTo, page.tiedTo);
  sheet.section(
    LABELS.places,
    page.places.map((place) => ({ name: place.in, title: place.path })),
  );
  sheet.section(
    LABELS.others,
    page.others.map((name) => ({ name })),
  );
}

function renderFile(sheet: Sheet, page: FilePage): void {
  sheet.title(page.title, page.names.join(", "));
  sheet.text(page.about);
  sheet.section(
    LABELS.where,
    page.where.map((path) => ({ name: path })),
  );
  sheet.section(LABELS.tiedTo, page.tiedTo);
  sheet.section(
    LABELS.others,
    page.others.map((name) => ({ name })),
  );
  sheet.section(LABELS.options, page.options);
}

function renderRule(sheet: Sheet, page: RulePage): void {
  sheet.title(page.id, page.title);
  const holds = (page.holds ?? []).map(({ component, since, until }) =>
    [
      component,
      ...(since === undefined ? [] : [sheet.bound(LABELS.since, since)]),
      ...(until === undefined ? [] : [sheet.bound(LABELS.until, until)]),
    ].join(" "),
  );
  const facts: [Words, string | undefined][] = [
    [LABELS.severity, sheet.word(LABELS[page.severity])],
    [LABELS.judged, page.stages.map((stage) => sheet.word(STAGES[stage])).join(", ")],
    [LABELS.holds, holds.length === 0 ? sheet.word(LABELS.all) : holds.join("; ")],
    [
      LABELS.provoked,
      "how" in page.provoked ? page.provoked.how : `${sheet.word(LABELS.no)}: ${page.provoked.not}`,
    ],
  ];
  sheet.facts(facts);
  sheet.section(
    LABELS.looksAt,
    page.places.map((name) => ({ name })),
  );
  sheet.paragraph(LABELS.symptom, page.symptom);
  sheet.paragraph(LABELS.why, page.why);
  sheet.paragraph(LABELS.fix, page.fix);
  sheet.section(
    LABELS.options,
    page.options.map((name) => ({ name })),
  );
}

function named(name: string, title: string | undefined): Tie {
  return title === undefined ? { name } : { name, title };
}

/** Lines that are being written, with what every page is made of. */
class Sheet {
  readonly lines: string[] = [];
  readonly #look: PageLook;

  constructor(look: PageLook) {
    this.#look = look;
  }

  word(words: Words): string {
    return words[this.#look.language];
  }

  /** `since 1.35`, or `1.35부터`. */
  bound(words: Words, version: string): string {
    const word = this.word(words);
    return this.#look.language === "ko" ? `${version}${word}` : `${word} ${version}`;
  }

  /** A name, and behind it (below it where there is no room) what it belongs to. */
  title(name: string, aside?: string): void {
    const line = `${name}  (${aside})`;
    if (aside === undefined) this.lines.push(this.#bold(name), "");
    else if (textWidth(line) <= this.#look.columns) {
      this.lines.push(`${this.#bold(name)}  (${aside})`, "");
    } else {
      this.lines.push(this.#bold(name));
      this.#indented(`(${aside})`, INDENT);
      this.lines.push("");
    }
  }

  text(text: string): void {
    this.#indented(text, INDENT);
  }

  /** Short facts, a line each, their names in one column. */
  facts(facts: readonly (readonly [Words, string | undefined])[]): void {
    const present = facts.filter(([, value]) => value !== undefined);
    if (present.length === 0) return;
    if (this.lines.at(-1) !== "") this.lines.push("");
    const widest = Math.max(...present.map(([name]) => textWidth(this.word(name))));
    for (const [name, value = ""] of present) {
      const lead = `${INDENT}${padColumns(this.word(name), widest)}  `;
      this.#hanging(lead, value);
    }
  }

  paragraph(heading: Words, text: string): void {
    this.#heading(heading);
    this.text(text);
  }

  section(heading: Words, items: readonly Tie[]): void {
    if (items.length === 0) return;
    this.#heading(heading);
    this.list(items);
  }

  list(items: readonly Tie[]): void {
    const widths = items.map(({ name }) => textWidth(name)).filter((width) => width <= WIDEST_NAME);
    const widest = Math.max(0, ...widths);
    for (const { name, title } of items) {
      if (title === undefined) this.#name(name);
      else if (textWidth(name) <= widest) {
        this.#hanging(`${INDENT}${padColumns(name, widest)}  `, title);
      } else {
        this.lines.push(`${INDENT}${name}`);
        this.#indented(title, `${INDENT}${INDENT}`);
      }
    }
  }

  /** A name without a meaning behind it: what does not fit goes further in. */
  #name(name: string): void {
    const [first = "", ...rest] = wrap(name, this.#look.columns - 2 * INDENT.length);
    this.lines.push(`${INDENT}${first}`, ...rest.map((line) => `${INDENT}${INDENT}${line}`));
  }

  #heading(words: Words): void {
    this.lines.push("", this.#bold(this.word(words)));
  }

  #indented(text: string, indent: string): void {
    const room = this.#look.columns - indent.length;
    this.lines.push(...wrap(text, room).map((line) => `${indent}${line}`.trimEnd()));
  }

  /** The first line behind `lead`, the others below where it ends. */
  #hanging(lead: string, text: string): void {
    const margin = textWidth(lead);
    const [first = "", ...rest] = wrap(text, this.#look.columns - margin);
    this.lines.push(`${lead}${first}`, ...rest.map((line) => `${" ".repeat(margin)}${line}`));
  }

  #bold(text: string): string {
    return this.#look.color ? `\u001b[1m${text}\u001b[22m` : text;
  }
}
