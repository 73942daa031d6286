import { SourceText } from "../document/source-text.ts";
import type { Located } from "../schema/config-reader.ts";
import {
  ignoredAssignments,
  isVariableName,
  parseEnvironmentFile,
  type VariableValue,
} from "./environment-file.ts";
import type { UnitEnvironment } from "./expand-command.ts";
import { expandSpecifiers, type Specifiers } from "./specifiers.ts";
import type { UnitEntry } from "./unit-entry.ts";
import type { UnitFile } from "./unit-file.ts";
import { splitWords } from "./unit-words.ts";

/** A file with the name for its places. */
export interface NamedText {
  readonly shown: string;
  readonly text: string;
}

/** What else a unit's environment is made of. */
export interface EnvironmentInput {
  readonly specifiers: Specifiers;
  /** The files of an EnvironmentFile= pattern or path, sorted; undefined where none is at hand. */
  readonly read: (path: string) => readonly NamedText[] | undefined;
}

/** An EnvironmentFile= without a dash whose file is not at hand: the unit does not start without it. */
export type MissingEnvironmentFile = Located<string>;

/** A unit's environment, and the files that it lacks. */
export interface ReadEnvironment extends UnitEnvironment {
  readonly missing: readonly MissingEnvironmentFile[];
  /** Names in environment files that systemd takes for none: `export A`. */
  readonly ignored: ReturnType<typeof ignoredAssignments>;
}

/**
 * The variables of a service (systemd.exec(5)): Environment= in order, over it the files of
 * EnvironmentFile= in order, without those of UnsetEnvironment=.
 */
export function unitEnvironment(
  unit: UnitFile,
  { specifiers, read }: EnvironmentInput,
): ReadEnvironment {
  const variables = new Map<string, VariableValue>();
  for (const entry of unit.assignments("Service", "Environment")) {
    for (const [name, value] of assigned(entry, specifiers)) variables.set(name, value);
  }
  const missing: MissingEnvironmentFile[] = [];
  const ignored: ReturnType<typeof ignoredAssignments>[number][] = [];
  let isComplete = unit.assignments("Service", "PassEnvironment").length === 0;
  for (const { value, isOptional, ...place } of unit.environmentFiles) {
    const path = expandSpecifiers(value, specifiers);
    const files = read(path);
    if (files === undefined) {
      isComplete = false;
      if (!isOptional) missing.push({ ...place, value: path });
    }
    for (const { shown, text } of files ?? []) {
      const source = new SourceText(shown, text);
      for (const one of parseEnvironmentFile(source)) variables.set(one.name, one);
      ignored.push(...ignoredAssignments(source));
    }
  }
  for (const { value } of unit.words("Service", "UnsetEnvironment")) {
    const [name = "", ...rest] = value.split("=");
    if (rest.length === 0 || variables.get(name)?.value === rest.join("=")) variables.delete(name);
  }
  return { variables, specifiers, isComplete, missing, ignored };
}

/** The assignments of one Environment= line. */
function assigned(entry: UnitEntry, specifiers: Specifiers): [string, VariableValue][] {
  return splitWords(entry.value).words.flatMap(({ value: word, offset }) => {
    const equals = word.indexOf("=");
    const name = word.slice(0, Math.max(0, equals));
    if (!isVariableName(name)) return [];
    const isQuoted = /["']/.test(entry.value.charAt(offset));
    const isQuotedValue = /["']/.test(entry.value.charAt(offset + equals + 1));
    const start = offset + equals + 1 + (isQuoted || isQuotedValue ? 1 : 0);
    const value = expandSpecifiers(word.slice(equals + 1), specifiers);
    const locate = (at: number) => entry.locate(start + at);
    return [[name, { value, location: locate(0), locate }]];
  });
}
