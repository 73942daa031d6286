import type { SourceLocation } from "../../base/mod.ts";
import type { Located } from "../schema/config-reader.ts";
import type { VariableValue } from "./environment-file.ts";
import { isVariableName } from "./environment-file.ts";
import { expandSpecifiers, type Specifiers } from "./specifiers.ts";
import type { ExecCommand } from "./unit-words.ts";

/** What a unit's command lines are expanded with. */
export interface UnitEnvironment {
  readonly variables: ReadonlyMap<string, VariableValue>;
  readonly specifiers: Specifiers;
  /** False where a file of variables is not at hand: one that seems unset may be in it. */
  readonly isComplete: boolean;
}

/** An argument that a program gets. */
export interface UnitArgument extends Located<string> {
  /** The variable that all of it came out of. */
  readonly variable?: string;
}

/** A reference to a variable that is set nowhere: systemd puts nothing in its place. */
export interface UnsetVariable extends Located<string> {
  /** True for `$NAME` as a word of its own, which then is no argument at all. */
  readonly isWholeWord: boolean;
}

/** A command as it is really started. */
export interface ExpandedCommand extends ExecCommand {
  readonly args: readonly UnitArgument[];
  readonly unset: readonly UnsetVariable[];
}

/** What systemd and its manager give every service; it is set although no file says so. */
const GIVEN: ReadonlySet<string> = new Set(
  `PATH LANG USER LOGNAME HOME SHELL INVOCATION_ID SYSTEMD_EXEC_PID MANAGERPID LISTEN_FDS LISTEN_PID
  LISTEN_FDNAMES NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC TERM JOURNAL_STREAM MAINPID RUNTIME_DIRECTORY
  STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY
  SERVICE_RESULT EXIT_CODE EXIT_STATUS PIDFILE`.split(/\s+/),
);

/**
 * A command with its specifiers and variables put in (systemd.service(5), Command lines): `${NAME}`
 * anywhere in a word stays one word; `$NAME` as a word of its own is split at blanks, and is no
 * argument where it is empty; `$$` is a dollar sign. The prefix `:` turns variables off.
 */
export function expandCommand(command: ExecCommand, environment: UnitEnvironment): ExpandedCommand {
  const unset: UnsetVariable[] = [];
  const withSpecifiers = (word: Located<string>): Located<string> => {
    const value = expandSpecifiers(word.value, environment.specifiers);
    return value === word.value ? word : { ...word, value };
  };
  const args = command.args.map(withSpecifiers);
  const isLiteral = command.prefixes.includes(":");
  return {
    prefixes: command.prefixes,
    executable: withSpecifiers(command.executable),
    args: isLiteral ? args : args.flatMap((arg) => expandWord(arg, environment, unset)),
    unset,
  };
}

function expandWord(
  word: Located<string>,
  environment: UnitEnvironment,
  unset: UnsetVariable[],
): readonly UnitArgument[] {
  const { value } = word;
  if (!value.includes("$")) return [word];
  const whole = value.slice(1);
  // A dollar sign alone is a variable without a name: no argument.
  if (value.startsWith("$") && !whole.startsWith("{") && !whole.startsWith("$")) {
    const variable = environment.variables.get(whole);
    if (variable !== undefined) return splitVariable(whole, variable);
    noteUnset(whole, { word, isWholeWord: true, offset: 0 }, unset);
    return [];
  }
  return [substitute(word, environment, unset)];
}

interface Reference {
  readonly word: Located<string>;
  readonly isWholeWord: boolean;
  readonly offset: number;
}

function noteUnset(
  name: string,
  { word, isWholeWord, offset }: Reference,
  unset: UnsetVariable[],
): void {
  if (!isVariableName(name) || GIVEN.has(name)) return;
  const { file, line, column } = word.location;
  const location = { file, line, column: column + offset };
  unset.push({ value: name, location, isDefault: false, isWholeWord });
}

/** `${NAME}` and `$$` inside of a word. Any other `$` stays. */
function substitute(
  word: Located<string>,
  { variables }: UnitEnvironment,
  unset: UnsetVariable[],
): UnitArgument {
  let text = "";
  let rest = word.value;
  let only: { readonly name: string; readonly variable: VariableValue } | undefined;
  for (;;) {
    const dollar = rest.indexOf("$");
    if (dollar === -1) break;
    text += rest.slice(0, dollar);
    const offset = word.value.length - rest.length + dollar;
    rest = rest.slice(dollar + 1);
    const close = rest.startsWith("{") ? rest.indexOf("}") : -1;
    const name = rest.slice(1, Math.max(1, close));
    // The forms of a shell, such as ${NAME:-word}, are none of systemd's: they stay as they are.
    if (close !== -1 && !name.includes(":")) {
      const variable = variables.get(name);
      if (variable === undefined) noteUnset(name, { word, isWholeWord: false, offset }, unset);
      else if (offset === 0 && close === rest.length - 1) only = { name, variable };
      text += variable?.value ?? "";
      rest = rest.slice(close + 1);
    } else if (rest.startsWith("$")) {
      text += "$";
      rest = rest.slice(1);
    } else text += "$";
  }
  const value = text + rest;
  if (only === undefined) return { ...word, value };
  return { value, location: only.variable.location, isDefault: false, variable: only.name };
}

/** The words of a variable: blanks separate them, quotes and backslashes keep what they enclose. */
function splitVariable(name: string, variable: VariableValue): readonly UnitArgument[] {
  const found: UnitArgument[] = [];
  const { value: text } = variable;
  let word: { value: string; location: SourceLocation } | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) found.push({ ...word, isDefault: false, variable: name });
      word = undefined;
      continue;
    }
    word ??= { value: "", location: variable.locate(i) };
    if (char === "\\") {
      i++;
      word.value += text.charAt(i);
    } else if (quote !== "" && char === quote) quote = "";
    else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
      // The place of what is inside: that is what a person looks for.
      if (word.value === "") word.location = variable.locate(i + 1);
    } else word.value += char;
  }
  if (word !== undefined) found.push({ ...word, isDefault: false, variable: name });
  return found;
}
