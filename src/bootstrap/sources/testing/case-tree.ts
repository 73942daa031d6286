import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CheckSubject, check, type Finding, RULES, type RuleId } from "../../../check/mod.ts";
import { groupFindings } from "../../../check/report/mod.ts";
import { stockFiles } from "../../stock/mod.ts";
import type { RuleCases } from "./rule-case.ts";

/** A file of a case: its whole text, or a change of the stock file's. */
export type CaseFile = string | ((stock: string) => string);

/** A case of `RuleCases` that is small enough to be written in a row of a table. */
export interface CaseTree {
  /** By path in the case's directory; `root/...` is on node-0. */
  readonly files?: Readonly<Record<string, CaseFile>>;
  /** facts.json */
  readonly facts?: object;
}

/** A change of a file; throws where there is nothing to change. */
export function replacing(what: string | RegExp, by: string): (stock: string) => string {
  return (stock) => {
    const changed = stock.replace(what, () => by);
    if (changed === stock) throw new TypeError(`Nothing to replace: ${what}`);
    return changed;
  };
}

/** The subject of a case that is given as a tree. */
export async function subjectOf(
  cases: RuleCases,
  { files = {}, facts }: CaseTree,
): Promise<CheckSubject> {
  const dir = await mkdtemp(join(tmpdir(), "nodewright-case-"));
  try {
    const stock = new Map(stockFiles().map(({ path, text }) => [path, text]));
    const all = facts === undefined ? files : { ...files, "facts.json": JSON.stringify(facts) };
    for (const [path, file] of Object.entries(all)) {
      const text = typeof file === "string" ? file : file(stock.get(path) ?? "");
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    return await cases.subject(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** `error NW-A06: MESSAGE -> FIX` */
export function describeFinding({ severity, rule, message, fix }: Finding): string {
  return `${severity} ${rule}: ${message} -> ${fix}`;
}

/** What all rules find in a case, or only these; what several nodes share is said once. */
export async function judgeCase(
  cases: RuleCases,
  tree: CaseTree,
  rules?: readonly RuleId[],
): Promise<readonly Finding[]> {
  const options = rules === undefined ? {} : { rules: new Set(rules) };
  const { findings } = check(RULES, await subjectOf(cases, tree), options);
  return groupFindings(findings).map(({ finding }) => finding);
}
