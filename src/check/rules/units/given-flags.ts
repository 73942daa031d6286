import { type Located, splitWords } from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { type UnitFlag, unitFlags } from "../../facts/unit-flags.ts";

/** A flag, and where it comes from where that is not the command line itself. */
export interface Given extends Pick<UnitFlag, "name" | "value" | "flag"> {
  /** `KUBELET_EXTRA_ARGS of /etc/default/kubelet` */
  readonly variable?: string;
}

/** What a unit's command line comes to. */
export interface UnitFlags {
  readonly flags: readonly Given[];
  /** False where a variable on it is not known: there may be more flags. */
  readonly isWhole: boolean;
}

/** `NAME=value` of an environment file, systemd.exec(5): quotes off, comments and the rest ignored. */
function environmentFile(text: string, file: string): Map<string, Located<string>> {
  const variables = new Map<string, Located<string>>();
  for (const [index, line] of text.split("\n").entries()) {
    const match = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = "", raw = ""] = match;
    const value = raw.trim().replace(/^(["'])(.*)\1$/, "$2");
    const location = { file, line: index + 1, column: line.indexOf(name) + 1 };
    variables.set(name, { value, location, isDefault: false });
  }
  return variables;
}

/** The flags of a unit, those of variables on its command line as well. */
export function flagsOf({ unit }: UnitFact, files: NodeTree): UnitFlags {
  const variables = new Map(unit.environment);
  for (const { value: path } of unit.environmentFiles) {
    const file = files.get(path);
    if (file?.text === undefined) continue;
    for (const [name, value] of environmentFile(file.text, file.shown)) variables.set(name, value);
  }
  let isWhole = true;
  const indirect = (unit.execStart[0]?.args ?? []).flatMap((arg): readonly Given[] => {
    const name = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(arg.value)?.[1];
    if (name === undefined) return [];
    const found = variables.get(name);
    if (found !== undefined) return flagsIn(found, `${name} of ${found.location.file}`);
    isWhole = false;
    return [];
  });
  return { flags: [...unitFlags(unit), ...indirect], isWhole };
}

function flagsIn(variable: Located<string>, from: string): readonly Given[] {
  const words = splitWords(variable.value).words.map(({ value }) => value);
  return words.flatMap((word, i): Given[] => {
    const match = /^(--[\w][\w.-]*)(?:=(.*))?$/.exec(word);
    if (match === null) return [];
    const next = words[i + 1];
    const text = match[2] ?? (next === undefined || next.startsWith("-") ? undefined : next);
    return [
      {
        name: match[1] ?? "",
        value: text === undefined ? undefined : { ...variable, value: text },
        flag: variable,
        variable: from,
      },
    ];
  });
}
