import { expect, test } from "bun:test";
import type { Edit, Finding } from "../finding.ts";
import { mend } from "./mod.ts";

/** A file of `KEY: VALUE` lines, judged by a function of its text. */
async function mended(before: string, judge: (text: string) => readonly Finding[]) {
  const { texts, refused } = await mend({
    read: (file) => (file === "a.yaml" ? before : undefined),
    judge: async (others) => judge(others.get("a.yaml") ?? before),
  });
  return {
    text: texts.get("a.yaml"),
    refused: refused.map(({ edit, error }) => [edit.path.join("."), error]),
  };
}

function finding(message: string, ...edits: readonly Edit[]): Finding {
  const base = { rule: "NW-A01", severity: "error", title: "", locations: [], fix: "" } as const;
  return { ...base, message, ...(edits.length === 0 ? {} : { edits }) };
}

const set = (key: string, value: number): Edit => ({ file: "a.yaml", path: [key], set: value });

test("each edit is made on what the one before it has left", async () => {
  const judge = (text: string) => [
    ...(text.includes("a: 1") ? [finding("a is 1", set("a", 2))] : []),
    ...(text.includes("a: 2\nb: 1") ? [finding("b is 1 beside 2", set("b", 2))] : []),
  ];
  expect(await mended("a: 1\nb: 1\n", judge)).toEqual({ text: "a: 2\nb: 2\n", refused: [] });
});

test("an edit that leaves a new error behind is not made, and the others are", async () => {
  const judge = (text: string) => [
    ...(text.includes("a: 1") ? [finding("a is 1", set("a", 2))] : [finding("b wants a: 1")]),
    ...(text.includes("c: 1") ? [finding("c is 1", set("c", 2))] : []),
  ];
  expect(await mended("a: 1\nb: 1\nc: 1\n", judge)).toEqual({
    text: "a: 1\nb: 1\nc: 2\n",
    refused: [["a", "b wants a: 1"]],
  });
});

test("an edit that changes nothing ends", async () => {
  const judge = () => [finding("a is wrong", set("a", 2))];
  expect(await mended("a: 1\n", judge)).toEqual({
    text: undefined,
    refused: [["a", "a is wrong"]],
  });
});

test("a file that cannot be read is left", async () => {
  const judge = () => [finding("x", { file: "b.yaml", path: ["a"], set: 1 })];
  expect(await mended("a: 1\n", judge)).toEqual({ text: undefined, refused: [["a", undefined]] });
});
