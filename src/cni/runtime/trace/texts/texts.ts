import type { Language } from "../../../../base/mod.ts";
import { html, Markup } from "../markup.ts";
import en from "./en.yaml";
import ko from "./ko.yaml";

type Texts = Readonly<Record<string, string>>;

const TEXTS: Readonly<Record<Language, Texts>> = { en, ko };

/** What a trace says in one language: the text of a key of `en.yaml`, with its values in place. */
export interface TraceWords {
  readonly language: Language;
  readonly say: (key: string, values?: Readonly<Record<string, string | number>>) => string;
  /** As HTML: each value is what it is as Markup, else escaped. */
  readonly markUp: (
    key: string,
    values?: Readonly<Record<string, Markup | string | number>>,
  ) => Markup;
}

/** The words of a language; a key that it lacks is the caller's mistake. */
export function traceWords(language: Language): TraceWords {
  return {
    language,
    say: (key, values = {}) =>
      textOf(language, key).replace(VALUE, (_, name: string) => String(requireValue(values, name))),
    markUp: (key, values = {}) => {
      // Every second part is the name of a value.
      const parts = textOf(language, key).split(VALUE);
      return new Markup(
        parts
          .map((part, i) => html`${i % 2 === 0 ? part : requireValue(values, part)}`.text)
          .join(""),
      );
    },
  };
}

const VALUE = /\{(\w+)\}/g;

function textOf(language: Language, key: string): string {
  const text = TEXTS[language][key];
  if (text === undefined) throw new TypeError(`No text of a trace in "${language}": "${key}"`);
  return text;
}

function requireValue<V>(values: Readonly<Record<string, V>>, name: string): V {
  const value = values[name];
  if (value === undefined) throw new TypeError(`No value for {${name}} of a trace's text`);
  return value;
}
