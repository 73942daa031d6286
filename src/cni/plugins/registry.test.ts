import { expect, test } from "bun:test";
import { loadPlugin, PLUGIN_NAMES, versionsOf } from "./registry.ts";

test.each(PLUGIN_NAMES)(
  "%s has the name and the versions that the registry tells",
  async (name) => {
    const plugin = await loadPlugin(name);
    expect(plugin?.name).toBe(name);
    expect(versionsOf(name)).toEqual(plugin?.supportedVersions);
  },
);

test.each(["nodewright", "toString", "", "__proto__"])("there is no plugin %j", async (name) => {
  expect(await loadPlugin(name)).toBeUndefined();
  expect(versionsOf(name)).toBeUndefined();
});
