import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatLocation } from "../../base/mod.ts";
import { check, type Finding, RULES } from "../../check/mod.ts";
import { RuleCases } from "./testing/mod.ts";

/** A folder a rule, and in it `bad` and `good`, or several `bad-WORD` and `good-WORD`. */
const CASES = new URL("../../../test/rules", import.meta.url).pathname;

let cases: RuleCases;
beforeAll(async () => {
  cases = await RuleCases.create();
});
afterAll(() => cases[Symbol.asyncDispose]());

function casesOf(id: string, kind: "bad" | "good"): string[] {
  const dir = join(CASES, id);
  if (!existsSync(dir)) return [];
  return readdirSync(dir).filter((name) => name === kind || name.startsWith(`${kind}-`));
}

function describeFinding({ severity, node, message, locations, edits }: Finding): string {
  const places = locations.map(formatLocation).join(" ");
  const where = node === undefined ? "" : `${node}: `;
  const fixable = edits === undefined ? "" : " [--fix]";
  return `${severity}: ${where}${message}${places === "" ? "" : ` (${places})`}${fixable}`;
}

describe.each(RULES.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  test("has a bad and a good case", () => {
    expect(casesOf(id, "bad")).not.toEqual([]);
    expect(casesOf(id, "good")).not.toEqual([]);
  });

  for (const name of casesOf(id, "bad")) {
    test(`finds ${name}`, async () => {
      const dir = join(CASES, id, name);
      const { findings } = check([rule], await cases.subject(dir));
      const expected = readFileSync(join(dir, "expected.txt"), "utf8").trim().split("\n");
      expect(findings.map(describeFinding)).toEqual(expected);
    });
  }

  for (const name of casesOf(id, "good")) {
    test(`can answer and finds nothing in ${name}`, async () => {
      const report = check([rule], await cases.subject(join(CASES, id, name)));
      expect(report.findings.map(describeFinding)).toEqual([]);
      expect(report.rulesApplied, JSON.stringify(report.notApplicable)).toBe(1);
    });
  }
});

test("every folder of cases is a rule's", () => {
  const ids = new Set<string>(RULES.map((rule) => rule.id));
  expect(readdirSync(CASES).filter((name) => !ids.has(name))).toEqual([]);
});

test("rules are in the order of their ids, each once", () => {
  const ids = RULES.map((rule) => rule.id);
  expect(ids).toEqual([...new Set(ids)].sort());
});

/** What `init` and `pki` make is sound. */
test("the stock files give no finding", async () => {
  const { findings } = check(RULES, await cases.base({}));
  expect(findings.map(describeFinding)).toEqual([]);
});

test("the stock files on sound machines with a sound API server give no finding", async () => {
  const { findings } = check(RULES, await cases.base({ host: {}, otherHost: {}, api: {} }));
  expect(findings.map(describeFinding)).toEqual([]);
});
