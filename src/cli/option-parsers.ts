import { InvalidArgumentError } from "@commander-js/extra-typings";
import { nearest } from "../base/mod.ts";

/** Parses a whole number of at least `least`. */
export function integerOption(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** Parses one of a few words; a misspelt one is answered with the nearest. */
export function wordOption<const W extends string>(words: readonly W[]): (text: string) => W {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const near = nearest(text, words);
    throw new InvalidArgumentError(
      near === undefined ? `Expected one of ${words.join(", ")}.` : `Did you mean "${near}"?`,
    );
  };
}
