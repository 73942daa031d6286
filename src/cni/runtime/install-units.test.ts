import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installUnits, removeUnits } from "./install-units.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-units-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const units = [
  { name: "a.socket", text: "[Socket]\n" },
  { name: "a.service", text: "[Service]\n" },
];
const outcomes = ({ names }: ReturnType<typeof installUnits>) => names.map((one) => one.outcome);

test("writes units once, and takes away its own", () => {
  expect(outcomes(installUnits({ dir, units }))).toEqual(["installed", "installed"]);
  expect(readFileSync(join(dir, "a.socket"), "utf8")).toBe("[Socket]\n");
  expect(statSync(join(dir, "a.socket")).mode & 0o777).toBe(0o644);
  expect(outcomes(installUnits({ dir, units }))).toEqual(["unchanged", "unchanged"]);
  expect(outcomes(removeUnits({ dir, units }))).toEqual(["removed", "removed"]);
  expect(outcomes(removeUnits({ dir, units }))).toEqual([]);
});

test("leaves a unit of somebody else, unless it is told to replace it", () => {
  writeFileSync(join(dir, "a.socket"), "[Socket]\nListenStream=/x\n");
  expect(outcomes(installUnits({ dir, units }))).toEqual(["foreign", "installed"]);
  expect(outcomes(removeUnits({ dir, units }))).toEqual(["removed"]);
  expect(outcomes(installUnits({ dir, units, replace: true }))).toEqual(["replaced", "installed"]);
});
