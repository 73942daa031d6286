import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { IPAM_PLUGINS } from "./ipam-plugins.ts";
import { PLUGIN_NAMES } from "./plugin-names.ts";
import { loadProgram } from "./registry.ts";

const CHECKOUT = resolve(import.meta.dir, "../../..");
const PROGRAMS = join(import.meta.dir, "programs");
/** The folders that a plugin may load: those above the CNI in the layers, and its own. */
const ALLOWED = /^src\/(base|ip|sys|netns|netlink|rtnl|nft|conntrack|cni\/(?!runtime|testing))/;

/** What a program loads: the files of this project, and what it leaves to the runtime. */
async function loadedBy(name: string): Promise<{ files: string[]; external: Set<string> }> {
  const { outputs, metafile } = await Bun.build({
    entrypoints: [join(PROGRAMS, `${name}.ts`)],
    plugins: [
      {
        name: "dhcp stays out",
        setup(build) {
          build.onResolve({ filter: /\/programs\/dhcp\.ts$/ }, ({ path, importer }) =>
            importer === "" ? undefined : { path, external: true },
          );
        },
      },
    ],
    target: "bun",
    metafile: true,
  });
  const [output] = Object.values(metafile?.outputs ?? {});
  const inputs = Object.entries(output?.inputs ?? {}).filter(
    ([, { bytesInOutput }]) => bytesInOutput > 0,
  );
  const files = inputs.map(([path]) => relative(CHECKOUT, resolve(path)));
  const text = (await outputs[0]?.text()) ?? "";
  const external = [...text.matchAll(/(?:from|import\(|import) ?"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return { files, external: new Set(external) };
}

test("each plugin has a program, and VERSION has one", () => {
  const files = readdirSync(PROGRAMS).map((file) => file.replace(".ts", ""));
  expect(files.sort()).toEqual([...PLUGIN_NAMES, "version"].sort());
});

test.each([
  ["version", 15],
  ["loopback", 70],
  ["bridge", 130],
  ["portmap", 100],
] as const)("%s loads its few modules alone, %d at most", async (name, most) => {
  const { files, external } = await loadedBy(name);
  expect(files.filter((file) => !ALLOWED.test(file))).toEqual([]);
  expect(files.length).toBeLessThan(most);
  // Modules of Node.js take longer to load than a plugin to work, and bun:ffi a good part of it.
  expect([...external].filter((path) => !path.endsWith("/programs/dhcp.ts"))).toEqual([]);
});

test.each(Object.keys(IPAM_PLUGINS))("%s can be called in a plugin's process", async (name) => {
  const plugin = await IPAM_PLUGINS[name]?.();
  expect(plugin?.name).toBe(name);
  expect((await loadProgram(name))?.plugin.name).toBe(name);
});
