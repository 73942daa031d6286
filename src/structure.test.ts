import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const CHECKOUT = resolve(import.meta.dir, "..");

/** From the lowest to the highest: a folder imports only from itself and those before it. */
const LAYERS = [
  ["base"],
  ["ip", "sys"],
  ["x509", "netns", "netlink", "grpc"],
  ["rtnl", "nft", "conntrack"],
  ["cni", "config", "cri"],
  ["kube", "machine", "ssh", "artifacts"],
  ["check", "plan"],
  ["explain", "agent", "proxy", "control-plane"],
  ["node"],
  ["bootstrap"],
  ["bundle", "lab", "library", "cluster-map", "pod-trace"],
  ["cli"],
];

/** What each file outside of tests imports, by path from the checkout. */
function readImports(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(join(CHECKOUT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(CHECKOUT, join(entry.parentPath, entry.name)))
    .filter((file) => !/\.test\.ts$|\/testing\/|\/testing\.ts$|\/conformance\//.test(file));
  const known = new Set(files);
  return new Map(files.map((file) => [file, importsOf(file).filter((path) => known.has(path))]));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(CHECKOUT, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path = ""]) =>
    relative(CHECKOUT, resolve(CHECKOUT, dirname(file), path)),
  );
}

/** The cycles of a graph: its strongly connected components of more than one node (Tarjan 1972). */
function cyclesOf(graph: ReadonlyMap<string, Iterable<string>>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (node: string): void => {
    order.set(node, order.size);
    low.set(node, order.size - 1);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) {
        low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
      }
    }
    if (low.get(node) !== order.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1) cycles.push(component.sort());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}

/** Between folders of which neither lies in the other: a folder's mod.ts speaks for those below it. */
function folderGraph(imports: ReadonlyMap<string, readonly string[]>): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const from = dirname(file);
    const edges = graph.get(from) ?? new Set();
    graph.set(from, edges);
    for (const to of targets.map((target) => dirname(target))) {
      if (!`${from}/`.startsWith(`${to}/`) && !`${to}/`.startsWith(`${from}/`)) edges.add(to);
    }
  }
  return graph;
}

function layerOf(file: string): number {
  const folder = file.split("/")[1] ?? "";
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

const IMPORTS = readImports();

test("cyclesOf() finds a cycle, and none where there is none", () => {
  const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));
  expect(cyclesOf(graph({ a: ["b"], b: ["c"], c: ["b"], d: ["a", "d"] }))).toEqual([["b", "c"]]);
  expect(cyclesOf(graph({ a: ["b", "c"], b: ["c"], c: [] }))).toEqual([]);
});

test("no file imports itself through others, types included", () => {
  expect(cyclesOf(IMPORTS)).toEqual([]);
});

test("no folder imports itself through others", () => {
  expect(cyclesOf(folderGraph(IMPORTS))).toEqual([]);
});

test("every folder of src has a layer", () => {
  const folders = readdirSync(join(CHECKOUT, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(folders.filter((name) => !LAYERS.flat().includes(name))).toEqual([]);
});

test("a folder imports only from its layer and those below", () => {
  const upwards = [...IMPORTS].flatMap(([file, targets]) =>
    targets
      .filter((target) => layerOf(target) > layerOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  expect(upwards).toEqual([]);
});

test("the agent, the proxy and the control plane stand without bootstrap, lab and the command line", () => {
  const others = [...IMPORTS].flatMap(([file, targets]) =>
    /^src\/(agent|proxy|control-plane)\//.test(file)
      ? targets.filter((target) => /^src\/(bootstrap|lab|cli|node|plan)\//.test(target))
      : [],
  );
  expect(others).toEqual([]);
});

/** Shorter ones may be alike by chance. */
const LEAST_LINES = 7;

/**
 * Functions of files, by their words without their names; blanks do not count. One that calls another of
 * its own file is left out: the same words may mean something else there.
 */
function functionsByWords(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of IMPORTS.keys()) {
    if (file.includes("/gen/")) continue;
    const text = readFileSync(join(CHECKOUT, file), "utf8");
    const own = [...text.matchAll(/^(?:async )?function (\w+)/gm)].map(([, name = ""]) => name);
    for (const [whole, name = ""] of text.matchAll(
      /^(?:export )?(?:async )?function (\w+)[^\n]*\n(?:[ })].*\n|\n)*?\}$/gm,
    )) {
      if (whole.split("\n").length < LEAST_LINES) continue;
      const words = whole
        .replace(/^export /, "")
        .replace(name, "")
        .replaceAll(/\s+/g, " ");
      if (own.some((one) => one !== name && new RegExp(`\\b${one}\\(`).test(words))) continue;
      found.set(words, [...(found.get(words) ?? []), `${file} ${name}`]);
    }
  }
  return found;
}

test("no function stands in two files word by word", () => {
  const all = functionsByWords();
  expect(all.size).toBeGreaterThan(500);
  expect([...all.values()].filter((places) => places.length > 1)).toEqual([]);
});
