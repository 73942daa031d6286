import { expect, test } from "bun:test";
import { NodewrightError } from "../../base/mod.ts";
import { CNI_ERROR, CniError, toCniError } from "../errors.ts";
import { EMPTY_RESULT } from "../result/types.ts";
import type { Plugin } from "../skel/plugin.ts";
import { throwingCniErrors } from "./program.ts";

const QUIET: Plugin = {
  name: "quiet",
  supportedVersions: [],
  add: () => EMPTY_RESULT,
  del() {},
  check() {},
  gc() {},
  status() {},
};
// cast: what a call gets does not matter here
const CALL = [{}, {}] as unknown as Parameters<Plugin["add"]>;

test("throwingCniErrors() passes results on and makes everything thrown a CniError", async () => {
  const plugin = throwingCniErrors({
    ...QUIET,
    del() {
      throw new NodewrightError("dhcp-daemon", "Cannot reach it", { fix: "Start it" });
    },
    status: async () => {
      throw new CniError(CNI_ERROR.notAvailable, "Cannot serve");
    },
  });
  expect(await plugin.add(...CALL)).toBe(EMPTY_RESULT);
  const failed = { name: "CniError", code: CNI_ERROR.internal, details: "Start it" };
  await expect(plugin.del(...CALL)).rejects.toMatchObject(failed);
  await expect(plugin.status(...CALL)).rejects.toMatchObject({ code: CNI_ERROR.notAvailable });
});

test("toCniError() knows a CniError of another bundle's class", () => {
  const foreign = Object.assign(new Error("Cannot serve"), { name: "CniError", code: 50 });
  expect(toCniError(foreign).code).toBe(50);
  expect(toCniError(new Error("Cannot serve")).code).toBe(CNI_ERROR.internal);
});
