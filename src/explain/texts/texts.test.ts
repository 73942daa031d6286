import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { pairTexts } from "./pair-texts.ts";
import { TEXTS } from "./texts.ts";

const language = z.strictObject({
  text: z.string().min(1),
  wrong: z.string().min(1).optional(),
  values: z.record(z.string(), z.string().min(1)).optional(),
  defaultIs: z.string().min(1).optional(),
});
const english = language.extend({ tiedTo: z.array(z.string().min(1)).optional() });

const chapter = (of: "en" | "ko", name: string): unknown =>
  parse(readFileSync(join(import.meta.dir, of, `${name}.yaml`), "utf8"));
const names = (of: "en" | "ko"): string[] =>
  readdirSync(join(import.meta.dir, of)).map((file) => file.replace(/\.yaml$/, ""));

test("every chapter is there in both languages, and is used", () => {
  expect(names("ko").sort()).toEqual(names("en").sort());
  expect(Object.keys(TEXTS).sort()).toEqual(names("en").sort());
});

test.each(names("en"))("%s says the same of the same options in both languages", (name) => {
  const en = z.record(z.string(), english).parse(chapter("en", name));
  const ko = z.record(z.string(), language).parse(chapter("ko", name));
  const shape = (texts: Readonly<Record<string, z.infer<typeof language>>>) =>
    Object.entries(texts).map(([path, { wrong, values = {}, defaultIs }]) => ({
      ...{ path, hasWrong: wrong !== undefined, hasDefault: defaultIs !== undefined },
      values: Object.keys(values),
    }));
  expect(shape(ko)).toEqual(shape(en));
  // cast: every chapter is in TEXTS, as the test above holds
  expect(TEXTS[name as keyof typeof TEXTS].map(({ path }) => path)).toEqual(Object.keys(en));
});

test("pairTexts() refuses an option that one language lacks", () => {
  expect(() => pairTexts({ maxPods: { text: "x" } }, {})).toThrow("maxPods");
});
