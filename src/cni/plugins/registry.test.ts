import { expect, test } from "bun:test";
import { PLUGIN_NAMES } from "./plugin-names.ts";
import { versionsOf } from "./plugin-versions.ts";
import { isPlugin, loadPlugin } from "./registry.ts";

test.each(PLUGIN_NAMES)(
  "%s has the name and the versions that are told without loading it",
  async (name) => {
    const plugin = await loadPlugin(name);
    expect(plugin?.name).toBe(name);
    expect(plugin?.supportedVersions).toEqual(versionsOf(name));
  },
);

test("PLUGIN_NAMES is sorted", () => {
  expect([...PLUGIN_NAMES].sort()).toEqual([...PLUGIN_NAMES]);
});

test.each(["nodewright", "toString", "", "__proto__"])("there is no plugin %j", async (name) => {
  expect(isPlugin(name)).toBe(false);
  expect(await loadPlugin(name)).toBeUndefined();
});
