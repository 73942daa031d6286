import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { Rule } from "../rule.ts";
import { RULES } from "./mod.ts";

/** The letter of each folder's rules. */
const LETTERS: Readonly<Record<string, string>> = {
  runtime: "A",
  units: "B",
  kubelet: "C",
  network: "D",
  proxy: "E",
  cluster: "F",
  files: "M",
};

const FOLDERS = readdirSync(import.meta.dir, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The rules that a folder's mod.ts exports, in its own order. */
async function rulesOf(folder: string): Promise<readonly Rule[]> {
  const exported: Readonly<Record<string, unknown>> = await import(`./${folder}/mod.ts`);
  const lists = Object.values(exported).filter((value) => Array.isArray(value));
  expect(lists).toHaveLength(1);
  // cast: a folder exports its list of rules and nothing else that is a list.
  return (lists[0] ?? []) as readonly Rule[];
}

describe.each(FOLDERS)("rules/%s", (folder) => {
  test("has the rules of one letter, all of them among RULES", async () => {
    const rules = await rulesOf(folder);
    expect(rules).not.toBeEmpty();
    const letter = LETTERS[folder];
    expect(letter, "a letter for the folder").toBeDefined();
    for (const { id } of rules) expect(id).toMatch(new RegExp(`^NW-${letter}\\d\\d$`));
    expect(RULES).toContainValues([...rules]);
  });
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  test("has a title and places without a final period", () => {
    for (const text of [rule.title, ...rule.places]) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe("");
      expect(text).not.toMatch(/[.!]$/);
    }
    expect(rule.places).not.toBeEmpty();
    // One line of a terminal, so that a list of findings can show it.
    expect(rule.title.length).toBeLessThanOrEqual(120);
  });

  test("says in sentences what is seen, why, and what to do", () => {
    for (const text of [rule.symptom, rule.why, rule.fix]) {
      expect(text.length).toBeGreaterThan(10);
      expect(text.trim()).toBe(text);
      expect(text).toMatch(/[.`)]$/);
      expect(text).not.toMatch(/ {2}|\n/);
    }
  });

  test("says what it is asked of and whether its symptom was seen", () => {
    expect(rule.stages).not.toBeEmpty();
    expect([...rule.needs, ...rule.uses]).not.toBeEmpty();
    const { provoked } = rule;
    expect("how" in provoked ? provoked.how : provoked.not).not.toBeEmpty();
  });
});
