/**
 * Rules against the real thing: each case makes a machine wrong, sees the symptom that the rule's
 * page promises and the rule's finding through `nodewright check`, takes it back and sees both gone.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { sampled } from "../src/base/testing/mod.ts";
import { RULES } from "../src/check/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";
import { type TruthCase, TruthNode } from "./support/truth-node.ts";
import { FILE_CASES } from "./truth/files.ts";
import { NETWORK_CASES } from "./truth/network.ts";
import { RUNTIME_CASES } from "./truth/runtime.ts";
import { UNIT_CASES } from "./truth/units.ts";

setDefaultTimeout(120_000);

const NODE = "node-0";
const CASES = [...RUNTIME_CASES, ...UNIT_CASES, ...NETWORK_CASES, ...FILE_CASES];
/** A usual run makes the machine wrong in one in so many ways. */
const ONE_IN = 3;
let lab: TestLab;
let dir = "";
let node: TruthNode;
beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await lab.cluster();
  const applied = await nodewright(["apply", "-C", dir]);
  expect(applied.exitCode, applied.text).toBe(0);
  node = new TruthNode({
    jumpbox: lab.lab.jumpboxAddress,
    root: await lab.root(NODE),
    exec: (argv) => lab.exec(NODE, argv),
  });
});
afterAll(() => lab[Symbol.asyncDispose]());

interface CheckReport {
  readonly findings: readonly { readonly rule: string; readonly message: string }[];
  readonly notApplicable: readonly { readonly rule: string; readonly reason: string }[];
}

/** What a rule, or every rule, says of the machine as it runs. */
async function check(...rules: string[]): Promise<CheckReport> {
  const only = rules.flatMap((rule) => ["--rule", rule]);
  const said = await nodewright(["check", "-C", dir, NODE, "--json", ...only]);
  try {
    return JSON.parse(said.stdout);
  } catch {
    throw new Error(said.text);
  }
}

function symptomOf({ says, shows }: TruthCase): RegExp {
  const symptom = says ?? shows;
  if (symptom === undefined) throw new TypeError("A case needs what is to be seen");
  return symptom;
}

/** What a machine of the lab has of its host: clock, kernel, disk, limits, connection table. */
const OF_THE_HOST = ["NW-B13", "NW-E11", "NW-F05", "NW-F09", "NW-F11"];

/** What every rule says of the machine itself. */
async function findings(): Promise<CheckReport["findings"]> {
  return (await check()).findings.filter(({ rule }) => !OF_THE_HOST.includes(rule));
}

test("a sound node without a kubelet has no finding", async () => {
  expect(await findings()).toEqual([]);
});

describe("the machine and the rule agree", () => {
  const tried = sampled(CASES, ONE_IN, "rule-truth");
  test.each(tried.map((one) => [one.rule, one] as const))("%s", async (rule, one) => {
    const symptom = symptomOf(one);
    const page = RULES.find(({ id }) => id === rule);
    if (one.says !== undefined) expect(page?.symptom, "the page").toMatch(one.says);
    if (one.needsKubelet) await node.installKubelet();
    try {
      await one.bad(node);
      expect(await one.see(node), "the machine made wrong").toMatch(symptom);
      const wrong = await check(rule);
      expect(wrong.findings.length, JSON.stringify(wrong)).toBeGreaterThan(0);
      await node.restore();
      expect(await one.see(node), "the machine mended").not.toMatch(symptom);
      expect(await check(rule)).toMatchObject({ findings: [], notApplicable: [] });
    } finally {
      await node.restore();
      if (one.needsKubelet) await node.removeKubelet();
    }
  });

  test("the cases are those of the rules that say how they are provoked", () => {
    const promised = RULES.filter(({ provoked }) => "how" in provoked).map(({ id }) => id);
    expect(CASES.map(({ rule }) => rule).toSorted()).toEqual(promised.toSorted());
    expect(CASES.length).toBeGreaterThanOrEqual(40);
  });

  test("nothing of the cases is left on the machine", async () => {
    expect(await findings()).toEqual([]);
  });
});
