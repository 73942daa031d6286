import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseConfList } from "../conf/parse-conf-list.ts";
import { parsePluginConf } from "../conf/plugin-conf.ts";
import { ConfObject } from "../conf-object.ts";
import type { JsonObject } from "../json.ts";
import { callPlugin } from "../skel/run-plugin.ts";
import { PLUGIN_NAMES } from "./plugin-names.ts";
import { loadPlugin } from "./registry.ts";

const DOCS = resolve(import.meta.dir, "../../../docs/plugins");
const IPAM = ["dhcp", "host-local", "static"];

const pageOf = (name: string): string => readFileSync(join(DOCS, `${name}.md`), "utf8");

/** The networks that a page has as examples. */
const examplesIn = (page: string): string[] =>
  [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => text);

/** The keys of the table under "Options": `runtimeConfig.ips` as it stands. */
function documentedKeys(page: string): readonly string[] {
  const [, options = ""] = /\n## Options\n(.*?)(?=\n## )/s.exec(page) ?? [];
  const rows = options.split("\n").filter((line) => /^\| `/.test(line));
  return rows.flatMap((row) => row.split("|")[1]?.match(/(?<=`)[^`]+(?=`)/g) ?? []);
}

/** True where a page names a key, alone or at the end of a longer one. */
const names = (page: string, key: string): boolean =>
  [...page.matchAll(/`([^`\n]+)`/g)].some(([, code = ""]) =>
    code.split(/[^A-Za-z0-9_-]+/).includes(key),
  );

/** What a runtime may give; each plugin asks for what it knows. */
const GIVEN = {
  runtimeConfig: {
    portMappings: [{ hostPort: 80, containerPort: 80 }],
    ipRanges: [[{ subnet: "10.77.0.0/24" }]],
    ips: ["10.77.0.5/24"],
    mac: "02:00:00:00:00:01",
  },
  args: { cni: { ips: ["10.77.0.5/24"], mac: "02:00:00:00:00:01" } },
};

let work = "";
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "nodewright-docs-"));
});
afterAll(() => rmSync(work, { recursive: true }));

/**
 * The keys that a plugin's code asks its configuration for, found by letting it read some: an ADD
 * into a namespace that is not there, and STATUS. Those that every plugin has are read before.
 */
async function keysAsked(
  name: string,
  configurations: readonly JsonObject[],
): Promise<Set<string>> {
  const plugin = await loadPlugin(name);
  if (plugin === undefined) throw new Error(`There is no plugin "${name}"`);
  const keys = new Set<string>();
  for (const own of configurations) {
    for (const command of ["ADD", "STATUS"] as const) {
      const stdin = JSON.stringify({ ...own, cniVersion: "1.1.0", name: "net" });
      const conf = parsePluginConf(stdin);
      const request = {
        command,
        containerId: "c1",
        ifName: "eth0",
        netns: "/run/netns/nodewright-none",
        args: "",
        path: [],
        conf,
        stdin,
      };
      const host = {
        self: "/none",
        env: {},
        writeStderr: () => {},
        log: () => {},
        loadPlugin: async () => undefined,
      };
      const spy = spyOn(ConfObject.prototype, "value");
      try {
        await callPlugin(plugin, request, host);
      } catch {
        // How far it comes depends on the configuration; what was asked for counts.
      }
      spy.mock.calls.forEach(([key], i) => {
        // The keys of such an object are the kernel's.
        const object = spy.mock.contexts[i];
        const path = object instanceof ConfObject ? object.path : "";
        if (!path.endsWith("sysctl")) keys.add(key);
      });
      spy.mockRestore();
    }
  }
  return keys;
}

/** The plugin's own object in a page's examples, for an IPAM plugin the one that names it. */
function configurationsOf(name: string, page: string): readonly JsonObject[] {
  const ofExamples = examplesIn(page).flatMap((text) => {
    const plugins = parseConfList(text, "example").value?.plugins ?? [];
    return plugins.filter(({ type, raw }) => type === name || ipamTypeOf(raw) === name);
  });
  const bare = IPAM.includes(name) ? { ipam: { type: name } } : { type: name };
  return [bare, ...ofExamples.map(({ raw }) => raw)].flatMap((raw) => {
    const ipam = raw["ipam"];
    const isObject = typeof ipam === "object" && ipam !== null && !Array.isArray(ipam);
    // Nothing is to be written elsewhere.
    const moved = isObject ? { ipam: { ...ipam, dataDir: join(work, "ipam") } } : {};
    // What a runtime gives may stand instead of what is configured.
    return [
      { ...raw, ...moved },
      { ...raw, ...GIVEN, ...moved },
    ];
  });
}

function ipamTypeOf(raw: JsonObject): string {
  return new ConfObject(raw).object("ipam")?.text("type") ?? "";
}

describe.each(PLUGIN_NAMES)("the page of %s", (name) => {
  test("is there, with what every page has", () => {
    const page = pageOf(name);
    expect(page).toStartWith(`# ${name}\n`);
    for (const heading of ["Example", "Options", "What the operations do"]) {
      expect(page).toContain(`\n## ${heading}\n`);
    }
    expect(page).toMatch(/\n#+ State\n/);
    expect(page).toMatch(/\n## (Different|Differences) from the reference\n/);
    for (const command of ["ADD", "DEL", "CHECK", "GC", "STATUS"]) {
      expect(page).toContain(`**${command}**`);
    }
  });

  test("has examples that are networks with this plugin", () => {
    const examples = examplesIn(pageOf(name));
    expect(examples.length).toBeGreaterThan(0);
    for (const text of examples) {
      const { value, problems } = parseConfList(text, "example");
      expect(problems).toEqual([]);
      const types = value?.plugins.flatMap(({ type, raw }) => [type, ipamTypeOf(raw)]);
      expect(types).toContain(name);
    }
  });

  test("names every key that the code asks for, and no other one", async () => {
    const page = pageOf(name);
    const asked = await keysAsked(name, configurationsOf(name, page));
    expect([...asked].filter((key) => !names(page, key))).toEqual([]);
    const documented = documentedKeys(page).map((key) => key.split(".").at(-1) ?? "");
    // `type` is read before the plugin is called.
    expect(documented.filter((key) => !asked.has(key) && key !== "type")).toEqual([]);
  });
});

test("the index leads to every page, and every page is a plugin's", () => {
  const index = pageOf("README");
  const linked = [...index.matchAll(/^\| \[[^\]]+\]\(([^)]+)\.md\)/gm)].map(([, page]) => page);
  expect(linked.toSorted()).toEqual([...PLUGIN_NAMES]);
  const pages = readdirSync(DOCS).map((file) => file.replace(/\.md$/, ""));
  expect(pages.filter((page) => page !== "README").sort()).toEqual([...PLUGIN_NAMES]);
});

test("links between pages lead somewhere", () => {
  for (const file of readdirSync(DOCS)) {
    const text = readFileSync(join(DOCS, file), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      expect([file, target, existsSync(join(DOCS, target))]).toEqual([file, target, true]);
    }
  }
});
