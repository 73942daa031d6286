import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { html } from "../markup.ts";
import en from "./en.yaml";
import ko from "./ko.yaml";
import { traceWords } from "./texts.ts";

const TRACE = resolve(import.meta.dir, "..");

const valuesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).sort();
const shapeOf = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([key, text]) => [key, valuesIn(text)]);

test("both languages say the same: the same keys in the same order, with the same values", () => {
  expect(shapeOf(ko)).toEqual(shapeOf(en));
});

test("a Korean text is Korean, but for words of the specification", () => {
  const foreign = Object.entries<string>(ko).filter(
    ([, text]) => /[a-z]/i.test(text.replaceAll(/\{\w+\}/g, "")) && !/[가-힣]/.test(text),
  );
  expect(foreign.map(([key]) => key)).toEqual(["add.title", "del.title", "subject.sysctl"]);
});

test("every key is used", () => {
  const source = readdirSync(TRACE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!test)\.ts$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
  const isUsed = (key: string): boolean => {
    const [group = ""] = key.split(/\.(?=[^.]*$)/);
    return source.includes(`"${key}"`) || source.includes(`\`${group}.\${`);
  };
  expect(Object.keys(en).filter((key) => !isUsed(key))).toEqual([]);
});

test("say() and markUp() put values in, and refuse what is not there", () => {
  const { say, markUp } = traceWords("en");
  expect(say("calls.exit", { code: 3 })).toBe("exit 3");
  const page = markUp("search.intro", { type: html`<code>type</code>`, path: "<b>" });
  expect(page.text).toContain("<code>type</code>");
  expect(page.text).toContain("&lt;b&gt;");
  expect(() => say("calls.exit")).toThrow("{code}");
  expect(() => say("nothing")).toThrow('"nothing"');
});
