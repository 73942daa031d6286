import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { check, type Finding, RULES } from "../../check/mod.ts";
import { type Followed, followEdits, followWords, RuleCases } from "./testing/mod.ts";

const CASES = new URL("../../../test/rules", import.meta.url).pathname;

let cases: RuleCases;
let dir = "";
beforeAll(async () => {
  cases = await RuleCases.create();
  dir = await mkdtemp(join(tmpdir(), "nodewright-advice-"));
});
afterAll(async () => {
  await cases[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const identityOf = ({ rule, node, message }: Finding): string =>
  `${rule} ${node ?? ""}: ${message}`;

/** A file of a case: its own, the base's, or what lies in `root/`; pki.json's are made anew each time. */
function readerOf(caseDir: string) {
  const pki = join(caseDir, "pki.json");
  const made = existsSync(pki) ? Object.keys(JSON.parse(readFileSync(pki, "utf8"))) : [];
  return (file: string): string | undefined => {
    if (made.includes(file)) return undefined;
    const own = join(caseDir, file.startsWith("/") ? `root${file}` : file);
    return existsSync(own) ? readFileSync(own, "utf8") : cases.text(file);
  };
}

/** What is found where a fix was followed. */
async function afterFollowing(caseDir: string, followed: Followed): Promise<readonly Finding[]> {
  const copy = await mkdtemp(join(dir, "case-"));
  await cp(caseDir, copy, { recursive: true });
  for (const [file, text] of followed) {
    const path = join(copy, file.startsWith("/") ? `root${file}` : file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return check(RULES, await cases.subject(copy)).findings;
}

/** What following one finding's fix leads to, where that is no improvement. */
async function troubleOf(
  caseDir: string,
  finding: Finding,
  before: readonly Finding[],
  followed: Followed,
): Promise<readonly string[]> {
  const known = new Set(before.map(identityOf));
  const after = await afterFollowing(caseDir, followed);
  const left = after.filter((other) => identityOf(other) === identityOf(finding));
  const news = after.filter((other) => !known.has(identityOf(other)));
  const what = `${identityOf(finding)} -> ${finding.fix}`;
  return [
    ...left.slice(0, 1).map(() => `${what}: it is still found`),
    ...news.map((other) => `${what}: leads to ${identityOf(other)} -> ${other.fix}`),
  ];
}

let count = 0;
describe.each(RULES.map(({ id }) => [id] as const))("the advice of %s", (id) => {
  const bad = readdirSync(join(CASES, id)).filter((name) => name.startsWith("bad"));
  test.each(bad)("%s: the finding goes and no other comes", async (name) => {
    const caseDir = join(CASES, id, name);
    const read = readerOf(caseDir);
    const before = check(RULES, await cases.subject(caseDir)).findings;
    const own = new Map(
      before
        .filter(({ rule }) => rule === id)
        .map((f) => [JSON.stringify([f.message, f.locations[0], f.fix]), f]),
    );
    const trouble: string[] = [];
    for (const finding of own.values()) {
      const byHand = followWords(finding, read);
      const byFix = followEdits(finding, read);
      for (const followed of [byHand, byFix]) {
        if (followed === undefined) continue;
        count++;
        trouble.push(...(await troubleOf(caseDir, finding, before, followed)));
      }
    }
    expect(trouble).toEqual([]);
  });
});

test("follows most of the advice that names something", () => {
  expect(count).toBeGreaterThan(80);
});
