import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROBLEM_KINDS } from "../base/mod.ts";
import { EXIT } from "./exit-code.ts";
import { jsonReference } from "./json/reference.ts";
import { JSON_DOCUMENTS } from "./json/schemas.ts";
import { commandReference } from "./reference.ts";
import { fakeProcess } from "./testing/mod.ts";

const ROOT = join(import.meta.dir, "../..");
const doc = (name: string): string => readFileSync(join(ROOT, "docs", name), "utf8");

describe("docs/commands.md", () => {
  test("is what bun scripts/docs.ts writes", async () => {
    expect(doc("commands.md")).toBe(await commandReference(fakeProcess()));
  });

  test("every summary and option is one line, lower case, without a final period", async () => {
    const reference = await commandReference(fakeProcess());
    const meanings = [...reference.matchAll(/^\| `.*` \| (.*) \|$/gm)].map(([, text]) => text);
    expect(meanings.length).toBeGreaterThan(50);
    // Names of programs and acronyms keep their case.
    const wrong = meanings.filter((text) => /^[A-Z][a-z]|\.$/.test(text ?? ""));
    expect(wrong).toEqual([]);
    expect(reference.match(/^## nodewright /gm)?.length).toBeGreaterThan(9);
  });
});

describe("use 17: docs/json.md", () => {
  test("is what bun scripts/docs.ts writes", () => {
    expect(doc("json.md")).toBe(jsonReference());
  });

  test("has a schema for every kind that the sources print", () => {
    const kinds = new Set<string>();
    for (const path of new Bun.Glob("src/cli/**/*.ts").scanSync(ROOT)) {
      if (path.includes(".test.")) continue;
      const text = readFileSync(join(ROOT, path), "utf8");
      for (const [, kind] of text.matchAll(/out\.json\(\{\s*kind: "([a-z-]+)"/g)) {
        if (kind !== undefined) kinds.add(kind);
      }
    }
    expect([...kinds].filter((kind) => JSON_DOCUMENTS[kind] === undefined)).toEqual([]);
    expect(kinds.size).toBeGreaterThan(20);
  });
});

describe("docs/glossary.md", () => {
  const rows = [...doc("glossary.md").matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].slice(1);
  const terms = rows.map(([, term = ""]) => term).filter((term) => !term.startsWith("---"));
  const sources = [...new Bun.Glob("src/**/*.ts").scanSync(ROOT)]
    .filter((path) => !path.includes("/gen/"))
    .map((path) => readFileSync(join(ROOT, path), "utf8"))
    .join("\n");

  test("is sorted, and each term has a meaning and a source", () => {
    expect(terms).toEqual(terms.toSorted((a, b) => a.localeCompare(b, "en")));
    expect(terms.length).toBeGreaterThan(20);
    expect(rows.filter(([, , meaning, source]) => !meaning?.trim() || !source?.trim())).toEqual([]);
  });

  test.each(terms)("%s is used in the sources", (term) => {
    const words = term.replaceAll(" ", "[ -]?\\n?");
    expect(new RegExp(`\\b${words}s?\\b`, "i").test(sources)).toBe(true);
  });
});

describe("docs/errors.md", () => {
  /** The kinds that the sources give to errors; those of system calls are all `syscall`. */
  function kindsInSources(): string[] {
    const kinds = new Set<string>(PROBLEM_KINDS);
    for (const path of new Bun.Glob("src/**/*.ts").scanSync(ROOT)) {
      if (/\.test\.ts$|\/testing\/|\/gen\//.test(path)) continue;
      const text = readFileSync(join(ROOT, path), "utf8");
      const made = /(?:new (?:Nodewright|Lab|Artifact)Error|super)\(\s*"([a-z][a-z-]*)",/g;
      for (const [, kind] of text.matchAll(made)) if (kind !== undefined) kinds.add(kind);
    }
    return [...kinds].sort();
  }

  test("explains every kind of error that there is, and no other", () => {
    const rows =
      doc("errors.md")
        .split("## Kinds")[1]
        ?.match(/^\| `.*?\|/gm) ?? [];
    const explained = rows.flatMap((row) => [...row.matchAll(/`([a-z-]+)`/g)].map(([, k]) => k));
    expect([...explained, "internal"].sort()).toEqual(kindsInSources());
    expect(kindsInSources().length).toBeGreaterThan(40);
  });

  test("explains every exit code", () => {
    const [, codes = ""] = doc("errors.md").split(/^## /m);
    const listed = [...codes.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT));
  });
});
