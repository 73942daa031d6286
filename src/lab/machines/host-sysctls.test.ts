import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type HostSysctlPaths, keepHostSysctls, releaseHostSysctls } from "./host-sysctls.ts";

let dir = "";
let paths: HostSysctlPaths;
const put = (name: string, value: string): void => {
  mkdirSync(dirname(join(dir, "sys", name)), { recursive: true });
  writeFileSync(join(dir, "sys", name), `${value}\n`);
};
const get = (name: string): string => readFileSync(join(dir, "sys", name), "utf8").trim();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-sysctls-"));
  paths = { procSys: join(dir, "sys"), kept: join(dir, "kept.json") };
  for (const lab of ["a", "b"]) mkdirSync(join(dir, lab));
  put("vm/overcommit_memory", "0");
  put("kernel/panic", "1");
});
afterEach(() => rmSync(dir, { recursive: true }));

test("the host's values come back with the last of two labs, whichever goes first", async () => {
  await keepHostSysctls(join(dir, "a"), paths);
  put("vm/overcommit_memory", "1");
  await keepHostSysctls(join(dir, "b"), paths);
  put("kernel/panic", "10");
  await releaseHostSysctls(join(dir, "a"), paths);
  expect([get("vm/overcommit_memory"), get("kernel/panic")]).toEqual(["1", "10"]);
  await releaseHostSysctls(join(dir, "b"), paths);
  expect([get("vm/overcommit_memory"), get("kernel/panic")]).toEqual(["0", "1"]);
  expect(existsSync(paths.kept)).toBe(false);
});

test("a lab whose directory was removed by hand holds nobody up", async () => {
  await keepHostSysctls(join(dir, "a"), paths);
  await keepHostSysctls(join(dir, "b"), paths);
  put("kernel/panic", "10");
  rmSync(join(dir, "a"), { recursive: true });
  await releaseHostSysctls(join(dir, "b"), paths);
  expect(get("kernel/panic")).toBe("1");
});

test("a second up of one lab keeps the first values", async () => {
  await keepHostSysctls(join(dir, "a"), paths);
  put("kernel/panic", "10");
  await keepHostSysctls(join(dir, "a"), paths);
  await releaseHostSysctls(join(dir, "a"), paths);
  expect(get("kernel/panic")).toBe("1");
});

test("without a kept file nothing is changed", async () => {
  put("kernel/panic", "10");
  await releaseHostSysctls(join(dir, "a"), paths);
  expect(get("kernel/panic")).toBe("10");
});
