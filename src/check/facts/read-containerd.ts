import type { Problem } from "../../base/mod.ts";
import {
  type ConfigDocument,
  type ContainerdConfig,
  type ContainerdMerge,
  loadImports,
  matchesPattern,
} from "../../config/mod.ts";
import type { Version } from "../version.ts";
import type { FactMemo } from "./fact-memo.ts";
import type { FileReader } from "./file-reader.ts";
import type { NodeTree } from "./node-tree.ts";

/** What containerd's configuration is read with. */
export interface ContainerdReading {
  readonly read: FileReader;
  readonly memo: FactMemo;
  readonly path: string;
  /** Undefined: told by the file's own version. */
  readonly version: Version | undefined;
}

/** containerd's configuration with all that it imports; undefined where its file cannot be read. */
export function readContainerd(reading: ContainerdReading): ContainerdConfig | undefined {
  const { read, memo, path, version } = reading;
  const text = read.files.get(path)?.text;
  const main =
    text === undefined
      ? undefined
      : memo.parsers.toml(text, read.files.get(path)?.shown ?? path).value;
  if (main?.root.kind !== "map") return read.model("containerd", path, memo.parsers.containerd);
  const minor = version?.major === 1 ? version.minor : undefined;
  const { documents, paths, missing } = loadImports(main, path, {
    read: (file) => read.model("containerd", file, memo.parsers.toml),
    glob: (pattern) => glob(read.files, pattern),
    // A service runs in /.
    patternBase: minor !== undefined && minor < 7 ? "/" : undefined,
  });
  read.note(
    "containerd",
    missing.flatMap((one) => missingImport(one, read.files)),
  );
  read.note("containerd", unreadDropIns(read.files, path, paths));
  if (documents.length === 0) return read.model("containerd", path, memo.parsers.containerd);
  const { value, problems } = memo.effectiveContainerd(
    [main, ...documents],
    mergeOf(main, version),
  );
  read.note("containerd", problems);
  return value;
}

/** 1.x reads versions 1 and 2; whoever writes version 3 has 2.x. */
function mergeOf(main: ConfigDocument, version: Version | undefined): ContainerdMerge {
  if (version !== undefined) return version.major === 1 ? "replace" : "merge";
  const own = main.node(["version"]);
  return own?.kind === "scalar" && Number(own.value) >= 3 ? "merge" : "replace";
}

/** Paths that a pattern matches, sorted, its folders included. */
function glob(files: NodeTree, pattern: string): readonly string[] {
  let found = [""];
  for (const part of pattern.split("/").slice(1)) {
    found = found.flatMap((dir) => {
      if (!part.includes("*")) return [`${dir}/${part}`];
      const names = files.list(dir === "" ? "/" : dir) ?? [];
      return names.filter((name) => matchesPattern(name, part)).map((name) => `${dir}/${name}`);
    });
  }
  return found.filter((path) => files.get(path) !== undefined);
}

function missingImport(
  { value, location }: { readonly value: string; readonly location: Problem["locations"][number] },
  files: NodeTree,
): Problem[] {
  // Beside rendered files a machine may have others.
  if (!files.isComplete || files.get(value) !== undefined) return [];
  const message = `containerd does not start without a file that it imports: ${value}`;
  const fix = "put the file there, or take it out of imports";
  return [{ code: "missing-import", severity: "error", message, locations: [location], fix }];
}

/** Files that look like drop-ins and that nothing imports. */
function unreadDropIns(files: NodeTree, main: string, loaded: ReadonlySet<string>): Problem[] {
  const dir = main.slice(0, main.lastIndexOf("/"));
  const folders = (files.list(dir) ?? []).filter(
    (name) => name.endsWith(".d") && name !== "certs.d",
  );
  return folders.flatMap((folder) =>
    (files.list(`${dir}/${folder}`) ?? []).flatMap((name): Problem[] => {
      const path = `${dir}/${folder}/${name}`;
      const file = files.get(path);
      if (!name.endsWith(".toml") || file === undefined || loaded.has(path)) return [];
      return [
        {
          code: "not-imported",
          severity: "warning",
          message: `containerd does not read ${path}: nothing imports it`,
          locations: [{ file: file.shown, line: 1, column: 1 }],
          fix: `add imports = ["${dir}/${folder}/*.toml"] at the top of ${main}, or remove the file`,
        },
      ];
    }),
  );
}
