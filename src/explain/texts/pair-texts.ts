import type { OptionText } from "../option.ts";

/** A chapter in one language: what is written about each option, by its path. */
export type ChapterTexts = Readonly<Record<string, LanguageText>>;

/** What is written about an option in one language; the fields are those of OptionText. */
export interface LanguageText {
  readonly text: string;
  readonly wrong?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly defaultIs?: string;
  /** In the English file alone. */
  readonly tiedTo?: readonly string[];
}

/** Brings the two languages of a chapter together, in the order of the English one. */
export function pairTexts(en: ChapterTexts, ko: ChapterTexts): readonly OptionText[] {
  return Object.entries(en).map(([path, english]) => {
    const korean = ko[path];
    if (korean === undefined) throw new Error(`No Korean text about ${path}`);
    const { values } = english;
    return {
      path,
      en: english.text,
      ko: korean.text,
      ...(english.wrong === undefined ? {} : { enWrong: english.wrong }),
      ...(korean.wrong === undefined ? {} : { koWrong: korean.wrong }),
      ...(values === undefined ? {} : { values: pairValues(values, korean.values) }),
      ...(english.defaultIs === undefined || korean.defaultIs === undefined
        ? {}
        : { defaultIs: [english.defaultIs, korean.defaultIs] as const }),
      ...(english.tiedTo === undefined ? {} : { tiedTo: english.tiedTo }),
    };
  });
}

function pairValues(
  en: Readonly<Record<string, string>>,
  ko: Readonly<Record<string, string>> = {},
): NonNullable<OptionText["values"]> {
  return Object.fromEntries(
    Object.entries(en).map(([value, text]) => [value, [text, ko[value] ?? text] as const]),
  );
}
