import { expect, test } from "bun:test";
import { PLUGIN_NAMES } from "../../cni/mod.ts";
import { REFERENCE_PLUGINS } from "./cni-plugins.ts";

test("the table has every plugin that nodewright is itself", () => {
  expect([...REFERENCE_PLUGINS].sort()).toEqual([...PLUGIN_NAMES].sort());
});
