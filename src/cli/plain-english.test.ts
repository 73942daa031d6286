import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Words that readers stumble over, with the usual ones. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, "fix"],
  [/\banew\b/i, "again, or reissue"],
  [/\bparted by\b/i, "separated by"],
  [/\bthere is no way to\b/i, "no route to"],
  [/\bas it should be, nothing to do\b/i, "up to date"],
  [/\bpart on the node\b/i, "node server"],
  [/\bCannot tell\b/, "Cannot decide, cannot choose"],
  [/\bsay --/, "give --"],
];

/** The strings and templates of a source, without its comments. */
function stringsOf(text: string): readonly string[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)].map(([found]) => found);
}

test("plain English: the program's strings use the usual technical words", () => {
  const found: string[] = [];
  let count = 0;
  for (const path of new Bun.Glob("{src,cmd}/**/*.ts").scanSync(ROOT)) {
    if (/\.test\.ts$|\/testing\//.test(path)) continue;
    for (const text of stringsOf(readFileSync(join(ROOT, path), "utf8"))) {
      if (/^"\.{1,2}\//.test(text)) continue;
      count += 1;
      for (const [word, better] of WORDS) {
        if (word.test(text)) found.push(`${path}: ${text}: write "${better}"`);
      }
    }
  }
  expect(found).toEqual([]);
  expect(count).toBeGreaterThan(1000);
});

test.each(WORDS.map(([word, better]) => ({ word, better })))(
  "the list knows $word",
  ({ better }) => {
    // The words recommended are not forbidden themselves.
    expect(WORDS.filter(([word]) => word.test(better))).toEqual([]);
  },
);
