import { expect } from "bun:test";
import { type CaseTree, describeFinding, judgeCase } from "./case-tree.ts";
import type { RuleCases } from "./rule-case.ts";

/** A tree with what has to be found in it, as parts of `describeFinding`'s lines. */
export interface EffectiveRow {
  readonly tree: CaseTree;
  /** Each is in one finding. */
  readonly finds: readonly RegExp[];
  /** None of these is in any. */
  readonly not?: readonly RegExp[];
}

/** Expects of node-0 what the row says: what lies in root/ is its alone. */
export async function expectRow(cases: RuleCases, row: EffectiveRow): Promise<void> {
  const { tree, finds, not = [] } = row;
  const all = await judgeCase(cases, tree);
  const found = all.filter(({ node }) => node !== "node-1").map(describeFinding);
  for (const wanted of finds) {
    const matching = found.filter((line) => wanted.test(line));
    expect(matching, `${wanted} in\n${found.join("\n")}`).not.toEqual([]);
  }
  for (const unwanted of not) expect(found.filter((line) => unwanted.test(line))).toEqual([]);
}
