import type { Language } from "../../base/mod.ts";
import en from "./en.yaml";
import ko from "./ko.yaml";

const TEXTS: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en, ko };

/** The values of a text. */
export type TextValues = Readonly<Record<string, string | number>>;

/** The text of a key of `en.yaml` with its values in place; a key or value that is missing is the caller's mistake. */
export function say(language: Language, key: string, values: TextValues = {}): string {
  const text = TEXTS[language][key];
  if (text === undefined) throw new TypeError(`No text of a pod's trace: "${key}"`);
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`No value for {${name}} of "${key}"`);
    return String(value);
  });
}
