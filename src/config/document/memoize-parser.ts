import type { Parsed } from "./source-text.ts";

/** A parser of this folder, of text that has been decoded already. */
export type TextParser<T> = (input: string, file: string) => Parsed<T>;

/**
 * The same parser, which remembers its last answers: the nodes of a cluster mostly share the same
 * text under the same name, and then it is parsed once. The cache belongs to what is returned;
 * `capacity` answers are kept, the oldest go first.
 */
export function memoizeParser<T>(parse: TextParser<T>, capacity = 64): TextParser<T> {
  const answers = new Map<string, Parsed<T>>();
  return (input, file) => {
    const key = `${file}\0${input}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = parse(input, file);
    const oldest = answers.size >= capacity ? answers.keys().next().value : undefined;
    if (oldest !== undefined) answers.delete(oldest);
    answers.set(key, answer);
    return answer;
  };
}
