import { splitWords, type UnitFile } from "../config/mod.ts";
import type { NodeTree } from "./facts/node-tree.ts";
import { type UnitFlag, unitFlags } from "./facts/unit-flags.ts";

/**
 * Every flag that a unit's program gets: those of ExecStart and those of the variables in it, from
 * Environment= and, where the files are there, EnvironmentFile=. Underscores are dashes, as the
 * components of Kubernetes take them.
 */
export function unitArguments(unit: UnitFile, files: NodeTree | undefined): readonly UnitFlag[] {
  return [...unitFlags(unit), ...variableFlags(unit, files)].map((flag) => ({
    ...flag,
    name: flag.name.replaceAll("_", "-"),
  }));
}

/** The flags inside of the variables that ExecStart names, each with the place where it is written. */
function variableFlags(unit: UnitFile, files: NodeTree | undefined): readonly UnitFlag[] {
  const args = unit.execStart[0]?.args ?? [];
  const names = new Set(args.flatMap(({ value }) => /^\$\{?(\w+)\}?$/.exec(value)?.[1] ?? []));
  if (names.size === 0) return [];
  const lines = new Map([...unit.environment].filter(([name]) => names.has(name)));
  for (const { value: path } of unit.environmentFiles) {
    const file = files?.get(path);
    for (const [index, text] of (file?.text ?? "").split("\n").entries()) {
      const match = /^\s*(\w+)=(["']?)(.*?)\2\s*$/.exec(text);
      if (file === undefined || match === null || !names.has(match[1] ?? "")) continue;
      const column = text.indexOf("=") + 2 + (match[2] ?? "").length;
      const location = { file: file.shown, line: index + 1, column };
      lines.set(match[1] ?? "", { value: match[3] ?? "", location, isDefault: false });
    }
  }
  return [...lines.values()].flatMap((line) => flagsIn(line));
}

function flagsIn({
  value: text,
  location,
}: {
  value: string;
  location: UnitFlag["flag"]["location"];
}) {
  const at = (offset: number) => ({ ...location, column: location.column + offset });
  return splitWords(text).words.flatMap(({ value, offset }, index, words): UnitFlag[] => {
    const match = /^(--?[\w][\w.-]*)(=)?/.exec(value);
    if (match === null) return [];
    const flag = { value, location: at(offset), isDefault: false };
    const name = match[1] ?? "";
    if (match[2] !== undefined) {
      const { length } = match[0];
      const own = { value: value.slice(length), location: at(offset + length), isDefault: false };
      return [{ name, flag, value: own }];
    }
    const next = words[index + 1];
    const other =
      next === undefined || next.value.startsWith("-")
        ? undefined
        : { value: next.value, location: at(next.offset), isDefault: false };
    return [{ name, flag, value: other }];
  });
}
