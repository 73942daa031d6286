import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRADICTIONS } from "../../../test/layouts/contradictions.ts";
import { LAYOUTS } from "../../../test/layouts/layouts.ts";
import type { Files, Identity } from "../../../test/layouts/parts.ts";
import { identityOf, writeLayout } from "../../../test/layouts/write-layout.ts";
import { type CheckReport, check, RULES } from "../../check/mod.ts";
import { groupFindings } from "../../check/report/mod.ts";
import { rootSubject } from "./mod.ts";
import { CASE_TIME, describeFinding, RuleCases } from "./testing/mod.ts";

let dir = "";
let identity: Identity;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-layouts-"));
  await using cases = await RuleCases.create();
  identity = identityOf(cases);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function judge(files: Files): Promise<CheckReport> {
  const root = mkdtempSync(join(dir, "root-"));
  writeLayout(root, files);
  return check(RULES, await rootSubject(root, CASE_TIME));
}

const linesOf = ({ findings }: CheckReport): readonly string[] =>
  groupFindings(findings).map(({ finding }) => describeFinding(finding));

test("a finding in a file that k3s makes of its template says so, and is not fixed by itself", async () => {
  const layout = LAYOUTS.find(({ name }) => name === "k3s agent");
  const contradiction = CONTRADICTIONS.find(({ rule }) => rule === "NW-A01");
  if (layout === undefined || contradiction === undefined) throw new TypeError("no such layout");
  const { findings } = await judge(contradiction.seed(layout.files(identity), layout));
  expect(findings.map(({ fix, edits }) => [fix, edits])).toEqual([
    [expect.stringMatching(/^In config-v3\.toml\.tmpl beside it.*SystemdCgroup = true/), undefined],
  ]);
});

describe.each(LAYOUTS.map((layout) => [layout.name, layout] as const))("%s", (_, layout) => {
  test("a sound tree gives no finding", async () => {
    const report = await judge(layout.files(identity));
    expect(linesOf(report)).toEqual([]);
    const lacking = report.notApplicable.filter(({ reason }) =>
      /^there is no|cannot be read/.test(reason),
    );
    expect(lacking.length / RULES.length).toBeLessThanOrEqual(0.2);
  });

  const contradictions = CONTRADICTIONS.filter(({ isFor = () => true }) => isFor(layout));
  test("ten contradictions are seeded", () => expect(contradictions.length).toBe(10));

  test.each([...contradictions])("$name: $rule", async ({ rule, seed }) => {
    const report = await judge(seed(layout.files(identity), layout));
    const rules = groupFindings(report.findings).map(({ finding }) => finding.rule);
    expect(rules, linesOf(report).join("\n")).toEqual([rule]);
  });
});
