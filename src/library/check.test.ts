import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
// By the name that other programs import.
import { applyEdits, check, formatReport, RULES, toSarif } from "nodewright/check";
import { stockFiles } from "../bootstrap/stock/mod.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-library-"));
  for (const { path, text } of stockFiles()) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    const bad = text.replace("SystemdCgroup = true", "SystemdCgroup = false");
    writeFileSync(
      join(dir, path),
      path === "machines.txt" ? "192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n" : bad,
    );
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("nodewright/check", () => {
  test("checks a directory, prints and mends what it finds", async () => {
    const report = await check({ directory: dir }, { rules: new Set(["NW-A01"]) });
    expect(report.findings.map(({ rule, node }) => [rule, node])).toEqual([["NW-A01", "node-0"]]);
    const read = (file: string): string => readFileSync(join(dir, file), "utf8");
    const lines = formatReport(report, { read, color: false, isVerbose: false });
    expect(lines).toContain("     25 |     SystemdCgroup = false");
    const sarif = toSarif(report, { rules: RULES, version: "1.0.0", uriOf: (file) => file });
    expect(sarif).toMatchObject({ version: "2.1.0" });
    const [file] = applyEdits(
      report.findings.flatMap(({ edits = [] }) => edits),
      read,
    );
    expect(file?.after).toContain("SystemdCgroup = true");
  });

  test("checks a root directory", async () => {
    const report = await check({ root: dir });
    expect(report.nodes).toEqual(["node"]);
    // The files of a cluster directory are nobody's root: that is what is said.
    expect(report.findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["NW-M04", "warning"],
    ]);
  });

  test("rejects where there is no directory", async () => {
    await expect(check({ directory: join(dir, "none") })).rejects.toThrow("none");
  });
});
