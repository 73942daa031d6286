import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import sarifSchema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import type { CheckReport, Finding } from "../finding.ts";
import { RULES } from "../rules/mod.ts";
import { formatReport, ruleIndex, rulePage, toJson, toSarif } from "./mod.ts";

const FINDING: Finding = {
  rule: "NW-A01",
  severity: "error",
  title: "The kubelet and runc use the same cgroup driver",
  node: "node-0",
  message: "They differ",
  locations: [
    { file: "configs/a.toml", line: 2, column: 5 },
    { file: "configs/b.yaml", line: 1, column: 1 },
  ],
  fix: "Make them the same",
  edits: [{ file: "configs/a.toml", path: ["x"], set: true }],
};
const REPORT: CheckReport = {
  nodes: ["node-0", "node-1", "node-2"],
  findings: [
    FINDING,
    { ...FINDING, node: "node-1" },
    {
      rule: "NW-F03",
      severity: "warning",
      title: "Names are unique",
      message: "Two machines have one name",
      locations: [],
      fix: "Rename one",
    },
  ],
  notApplicable: [
    { rule: "NW-C04", node: "node-0", reason: "needs the machine" },
    { rule: "NW-C04", node: "node-1", reason: "needs the machine" },
    { rule: "NW-C04", node: "node-2", reason: "needs the machine" },
    { rule: "NW-A02", node: "node-0", reason: "holds for containerd from 2.0 on: 1.6.20" },
  ],
  suppressed: [{ finding: { ...FINDING, rule: "NW-D15" }, reason: "we know" }],
  unread: [],
  rulesApplied: 7,
};
const TEXTS: Readonly<Record<string, string>> = {
  "configs/a.toml": "version = 2\n\tx = false\n",
  "configs/b.yaml": "client-key-data: c2VjcmV0\n",
};

describe("formatReport()", () => {
  const options = { read: (file: string) => TEXTS[file], color: false };

  test("says once what several nodes share, quotes both places, and hides what may be secret", () => {
    expect(formatReport(REPORT, { ...options, isVerbose: false })).toEqual([
      "cluster",
      "  warning NW-F03: Two machines have one name",
      "    fix: Rename one",
      "",
      "node-0, node-1",
      "  error NW-A01: They differ",
      "    at configs/a.toml:2:5",
      "      2 |   x = false",
      "        |      ^",
      "    at configs/b.yaml:1:1",
      "      1 | client-key-data: ***",
      "    fix: Make them the same",
      "         (nodewright check --fix does it)",
      "",
      "not reported, as nodewright.yaml says",
      "  NW-D15: They differ (node-0): we know",
      "",
      "More about a rule: nodewright explain NW-A01",
      "1 error, 1 warning: 3 nodes, 7 rules checked, 1 needs a running node, versions or other files (-v lists them)",
    ]);
  });

  test("lists what could not be checked, by reason", () => {
    const lines = formatReport({ ...REPORT, findings: [] }, { ...options, isVerbose: true });
    expect(lines).toContain("  NW-C04: needs the machine");
    expect(lines).toContain("  NW-A02: holds for containerd from 2.0 on: 1.6.20");
    expect(lines.at(-1)).toBe(
      "No problems: 3 nodes, 7 rules checked, 1 needs a running node, versions or other files",
    );
  });
});

test.each([
  [["node-0"], "nodewright pki --renew node-0"],
  [["node-0", "node-1"], "nodewright pki --renew node-0 node-1"],
  [["a", "b", "c", "d", "e"], "nodewright pki --renew NODE"],
  [[], "nodewright pki --renew NODE"],
])("use, wording: a fix of %j names the nodes' own names", (nodes, want) => {
  const findings = (nodes.length === 0 ? [undefined] : nodes).map(
    (node): Finding => ({
      ...{ rule: "NW-C03", severity: "error", title: "x", message: "m", locations: [] },
      fix: "Reissue it: nodewright pki --renew NODE",
      ...(node === undefined ? {} : { node }),
    }),
  );
  const report = { ...REPORT, findings };
  const lines = formatReport(report, { read: () => undefined, color: false, isVerbose: false });
  expect(lines).toContain(`    fix: Reissue it: ${want}`);
  const [first] = toJson(report).findings;
  expect(first?.fix).toBe(`Reissue it: nodewright pki --renew ${nodes[0] ?? "NODE"}`);
});

test("toJson() has what the design promises", () => {
  expect(toJson(REPORT)).toMatchObject({
    findings: [
      {
        rule: "NW-A01",
        severity: "error",
        node: "node-0",
        message: "They differ",
        isFixable: true,
      },
      { node: "node-1" },
      { rule: "NW-F03", node: null, locations: [], fix: "Rename one", isFixable: false },
    ],
    notApplicable: [{ rule: "NW-C04", node: "node-0", reason: "needs the machine" }, {}, {}, {}],
  });
});

describe("toSarif()", () => {
  // The schema's patterns are older than JavaScript's Unicode mode.
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  addFormats(ajv);
  // Ajv knows no dialect of that age by name, but every word in it.
  const validate = ajv.compile(
    Object.fromEntries(Object.entries(sarifSchema).filter(([key]) => !/^(\$schema|id)$/.test(key))),
  );
  const options = { rules: RULES, version: "0.1.0", uriOf: (file: string) => `my cluster/${file}` };

  test.each([
    { name: "findings", report: REPORT },
    { name: "nothing", report: { ...REPORT, findings: [], suppressed: [] } },
  ])("is valid SARIF 2.1.0 with $name", ({ report }) => {
    validate(toSarif(report, options));
    expect(validate.errors ?? []).toEqual([]);
  });

  test("is held against a schema that can refuse", () => {
    expect(validate({ version: "2.1.0", runs: [{}] })).toBe(false);
  });

  test("is no clean bill where nodes or files could not be read", () => {
    const unread = {
      path: "/etc/containerd/config.toml",
      nodes: ["node-0"],
      rules: ["NW-A01", "NW-A02"],
      fix: "Put it there",
    } as const;
    const empty = { ...REPORT, findings: [], suppressed: [], unread: [unread] };
    const log = toSarif(empty, { ...options, failures: ["Cannot connect to node-1"] });
    validate(log);
    expect(validate.errors ?? []).toEqual([]);
    const missing =
      "/etc/containerd/config.toml is missing (node-0): not checked: NW-A01 NW-A02. Put it there";
    expect(log).toMatchObject({
      runs: [
        {
          invocations: [
            {
              executionSuccessful: false,
              toolExecutionNotifications: [
                { level: "error", message: { text: "Cannot connect to node-1" } },
                { level: "warning", message: { text: missing } },
              ],
            },
          ],
        },
      ],
    });
  });

  test("names a file with a number sign as a URI does", () => {
    const uriOf = (): string => "a/#1 ?.conf";
    expect(JSON.stringify(toSarif(REPORT, { ...options, uriOf }))).toContain("a/%231%20%3F.conf");
  });

  test("has one result for what nodes share, its places, and suppressions", () => {
    expect(toSarif(REPORT, options)).toMatchObject({
      runs: [
        {
          results: [
            {
              ruleId: "NW-A01",
              ruleIndex: 0,
              level: "error",
              message: { text: "They differ (node-0, node-1). Make them the same" },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: "my%20cluster/configs/a.toml" },
                    region: { startLine: 2, startColumn: 5 },
                  },
                },
              ],
              relatedLocations: [{ id: 1 }],
            },
            { ruleId: "NW-F03" },
            { ruleId: "NW-D15", suppressions: [{ kind: "external", justification: "we know" }] },
          ],
        },
      ],
    });
  });
});

/** Made by `bun scripts/docs.ts`. */
describe("docs/rules", () => {
  const dir = new URL("../../../docs/rules/", import.meta.url).pathname;

  test("has a page for every rule, made from the rule, and no other", () => {
    const pages = RULES.map(({ id }) => `${id}.md`);
    expect(readdirSync(dir).sort()).toEqual([...pages, "README.md"].sort());
    for (const rule of RULES) {
      expect(readFileSync(`${dir}${rule.id}.md`, "utf8")).toBe(rulePage(rule));
    }
    expect(readFileSync(`${dir}README.md`, "utf8")).toBe(ruleIndex(RULES));
  });
});
