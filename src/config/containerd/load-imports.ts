import type { ConfigDocument } from "../document/config-document.ts";
import { ConfigReader, type Located } from "../schema/config-reader.ts";
import { any } from "../schema/schema.ts";

/** How files are found. */
export interface ImportLookup {
  readonly read: (path: string) => ConfigDocument | undefined;
  /** Paths that a pattern with `*` matches, sorted. */
  readonly glob: (pattern: string) => readonly string[];
  /** Where relative patterns with `*` begin; undefined: beside the file, as from 1.7 on. */
  readonly patternBase?: string | undefined;
}

/** A file's imports, those of imports as well, in the order in which containerd loads them. */
export interface LoadedImports {
  readonly documents: readonly ConfigDocument[];
  readonly paths: ReadonlySet<string>;
  /** Imports that are not at hand: containerd does not start without them. */
  readonly missing: readonly Located<string>[];
}

/** Follows the imports of a configuration, each file once. */
export function loadImports(
  main: ConfigDocument,
  path: string,
  lookup: ImportLookup,
): LoadedImports {
  const documents: ConfigDocument[] = [];
  const missing: Located<string>[] = [];
  const loaded = new Set([path]);
  const pending = importsOf(main, path, lookup);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (loaded.has(next.value)) continue;
    loaded.add(next.value);
    const document = lookup.read(next.value);
    if (document === undefined) missing.push(next);
    else {
      documents.push(document);
      pending.push(...importsOf(document, next.value, lookup));
    }
  }
  return { documents, paths: loaded, missing };
}

function importsOf(
  document: ConfigDocument,
  path: string,
  { glob, patternBase }: ImportLookup,
): Located<string>[] {
  const dir = path.slice(0, path.lastIndexOf("/"));
  return new ConfigReader(document, any()).texts(["imports"]).flatMap((entry) => {
    const isPattern = entry.value.includes("*");
    const base = isPattern ? (patternBase ?? dir) : dir;
    const full = entry.value.startsWith("/")
      ? entry.value
      : `${base.replace(/\/$/, "")}/${entry.value}`;
    const clean = cleanPath(full);
    if (!isPattern) return [{ ...entry, value: clean }];
    return glob(clean).map((value) => ({ ...entry, value }));
  });
}

/** Go's filepath.Clean of an absolute path. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
