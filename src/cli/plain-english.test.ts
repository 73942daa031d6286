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
  [/\b(somebody|nobody)\b/i, "another user, no one, or who it is"],
];

/** The strings and templates of a source, without its comments. */
function stringsOf(text: string): readonly string[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)].map(([found]) => found);
}

/** Messages that another change has in hand. */
const ELSEWHERE =
  /^src\/cli\/(apply\/|output\/progress|reset|status|verify)|^src\/bootstrap\/apply\//;

test("plain English: strings of the command line use the usual technical words", () => {
  const found: string[] = [];
  let count = 0;
  for (const folder of ["src/cli", "src/bootstrap", "src/check/report"]) {
    for (const file of new Bun.Glob("**/*.ts").scanSync(join(ROOT, folder))) {
      const path = `${folder}/${file}`;
      if (/\.test\.ts$|\/testing\//.test(path) || ELSEWHERE.test(path)) continue;
      for (const text of stringsOf(readFileSync(join(ROOT, path), "utf8"))) {
        count += 1;
        for (const [word, better] of WORDS) {
          if (word.test(text)) found.push(`${path}: ${text}: write "${better}"`);
        }
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
