import { InvalidArgumentError } from "@commander-js/extra-typings";
import { nearest } from "../base/mod.ts";
import { RULES, type RuleId } from "../check/mod.ts";

/** Parses a whole number of at least `least`. */
export function integerOption(
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !(value >= least && value <= most)) {
      const range =
        most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return value;
  };
}

/** Parses one of a few words; a misspelt one is answered with the nearest. */
export function wordOption<const W extends string>(words: readonly W[]): (text: string) => W {
  const parse = (text: string): W => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const near = nearest(text, words);
    throw new InvalidArgumentError(
      near === undefined ? `Expected one of ${words.join(", ")}.` : `Did you mean "${near}"?`,
    );
  };
  return Object.assign(parse, { words });
}

/** The words that an option's parser takes, where it is one of wordOption. */
export function optionWords(parse: unknown): readonly string[] {
  if (typeof parse !== "function" || !("words" in parse)) return [];
  return Array.isArray(parse.words) ? parse.words.map(String) : [];
}

/** Parses the id of a rule of `check`; collects where the option is given several times. */
export function ruleOption(text: string, before: readonly RuleId[] = []): readonly RuleId[] {
  const found = RULES.find(({ id }) => id.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return [...before, found.id];
  const near = nearest(
    text,
    RULES.map(({ id }) => id),
  );
  throw new InvalidArgumentError(
    near === undefined
      ? "nodewright explain lists the rules."
      : `Did you mean "${near}"? nodewright explain lists the rules.`,
  );
}
