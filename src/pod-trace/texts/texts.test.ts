import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import en from "./en.yaml";
import ko from "./ko.yaml";
import { say } from "./texts.ts";

const FOLDER = resolve(import.meta.dir, "..");

const shapeOf = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([key, text]) => [
    key,
    [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).sort(),
  ]);

test("both languages say the same: the same keys in the same order, with the same values", () => {
  expect(shapeOf(ko)).toEqual(shapeOf(en));
});

test("every key is used", () => {
  const source = ["find-stuck.ts", "trace-pod.ts", "trace-text.ts"]
    .map((name) => readFileSync(join(FOLDER, name), "utf8"))
    .join("\n");
  const unused = Object.keys(en).filter(
    (key) =>
      !source.includes(`"${key.replace(/\.(cause|fix)$/, "")}"`) && !source.includes(`"${key}"`),
  );
  expect(unused).toEqual([]);
});

test("say() puts values in, and refuses what is not there", () => {
  expect(say("ko", "where.node", { node: "node-0" })).toBe("노드 node-0");
  expect(() => say("en", "where.node")).toThrow("{node}");
  expect(() => say("en", "nothing")).toThrow('"nothing"');
});
