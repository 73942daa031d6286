import { resolve } from "node:path";
import type { BunPlugin } from "bun";

/** The files of the kernel's numbers that a plugin knows. */
const FILES = "src/{sys,netlink,rtnl,nft,conntrack}/constants.ts";

type Numbers = Readonly<Record<string, number>>;

/**
 * Writes the kernel's numbers where they are used: `NLM_F.ACK` becomes 4. As objects they are a
 * thousand names that each start of a plugin would make strings of.
 */
export async function inlineConstants(): Promise<BunPlugin> {
  const constants = await readConstants();
  return {
    name: "inline constants",
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        const text = await Bun.file(path).text();
        const contents = path.endsWith("/constants.ts") ? text : inline(text, constants);
        return { contents, loader: "ts" };
      });
    },
  };
}

/** Every object of numbers by its name; a name that two files have is left as it is. */
async function readConstants(): Promise<ReadonlyMap<string, Numbers>> {
  const found = new Map<string, Numbers>();
  const twice = new Set<string>();
  for (const path of new Bun.Glob(FILES).scanSync()) {
    const exported: Readonly<Record<string, unknown>> = await import(resolve(path));
    for (const [name, value] of Object.entries(exported)) {
      if (!isNumbers(value)) continue;
      if (found.has(name)) twice.add(name);
      found.set(name, value);
    }
  }
  for (const name of twice) found.delete(name);
  return found;
}

function isNumbers(value: unknown): value is Numbers {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((number) => typeof number === "number");
}

function inline(text: string, constants: ReadonlyMap<string, Numbers>): string {
  const imports = text.match(/^import \{[^}]*\}/gm)?.join(" ") ?? "";
  const imported = new Set(imports.match(/\w+/g));
  return text.replace(/\b([A-Z][A-Z0-9_]*)\.(\w+)\b/g, (whole, name: string, key: string) => {
    const numbers = imported.has(name) ? constants.get(name) : undefined;
    const number = numbers !== undefined && Object.hasOwn(numbers, key) ? numbers[key] : undefined;
    return number === undefined ? whole : `(${number})`;
  });
}
