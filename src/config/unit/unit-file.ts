import type { Located } from "../schema/config-reader.ts";
import { type ExpandedCommand, expandCommand, type UnitEnvironment } from "./expand-command.ts";
import type { UnitEntry } from "./unit-entry.ts";
import { type ExecCommand, splitCommands, splitWords } from "./unit-words.ts";

// systemd.unit(5): dependencies of a unit cannot be taken away again by an empty assignment.
const DEPENDENCIES: ReadonlySet<string> = new Set([
  "After",
  "Before",
  "BindsTo",
  "Conflicts",
  "PartOf",
  "Requires",
  "Requisite",
  "Upholds",
  "Wants",
]);

/** A systemd unit, with its drop-ins where they have been merged into it. */
export class UnitFile {
  /** The main file's name. */
  readonly file: string;
  /** Every assignment in the order in which systemd reads them. */
  readonly entries: readonly UnitEntry[];

  /** Undefined: commands stay as they are written. */
  readonly #environment: UnitEnvironment | undefined;
  readonly #commands = new Map<string, readonly (ExecCommand | ExpandedCommand)[]>();

  constructor(file: string, entries: readonly UnitEntry[], environment?: UnitEnvironment) {
    this.file = file;
    this.entries = entries;
    this.#environment = environment;
  }

  /** The same unit whose commands are those that are really started. */
  expandedWith(environment: UnitEnvironment): UnitFile {
    return new UnitFile(this.file, this.entries, environment);
  }

  /** The same unit with another ExecStart: a program that its own one starts in turn. */
  startedAs(command: ExecCommand): UnitFile {
    const unit = new UnitFile(this.file, this.entries, this.#environment);
    unit.#commands.set("ExecStart", [command]);
    return unit;
  }

  /** What counts of a key: all assignments after the last empty one, which resets the key. */
  assignments(section: string, key: string): readonly UnitEntry[] {
    const all = this.entries.filter((entry) => entry.section === section && entry.key === key);
    const isReset = (entry: UnitEntry): boolean => entry.value === "" && !DEPENDENCIES.has(key);
    const lastReset = all.findLastIndex(isReset);
    return all.slice(lastReset + 1).filter((entry) => entry.value !== "");
  }

  /** The value of a key that takes one: the last assignment. */
  value(section: string, key: string): Located<string> | undefined {
    const last = this.assignments(section, key).at(-1);
    if (last === undefined) return undefined;
    return { value: last.value, location: last.locate(0), isDefault: false };
  }

  /** The words of a key that takes a list, over all its assignments. */
  words(section: string, key: string): readonly Located<string>[] {
    return this.assignments(section, key).flatMap((entry) =>
      splitWords(entry.value).words.map(({ value, offset }) => ({
        value,
        location: entry.locate(offset),
        isDefault: false,
      })),
    );
  }

  /**
   * The commands of an Exec key, each as an argument vector. Specifiers and $VARIABLES are put in
   * where the unit knows its environment (`expandedWith`), else they stay.
   */
  commands(key: string): readonly (ExecCommand | ExpandedCommand)[] {
    // One unit serves a thousand nodes, each of which asks for its flags.
    let known = this.#commands.get(key);
    if (known === undefined) {
      const environment = this.#environment;
      const written = this.assignments("Service", key).flatMap(
        (entry) => splitCommands(entry).commands,
      );
      known =
        environment === undefined
          ? written
          : written.map((command) => expandCommand(command, environment));
      this.#commands.set(key, known);
    }
    return known;
  }

  get execStart(): readonly (ExecCommand | ExpandedCommand)[] {
    return this.commands("ExecStart");
  }
  get execStartPre(): readonly (ExecCommand | ExpandedCommand)[] {
    return this.commands("ExecStartPre");
  }
  get after(): readonly Located<string>[] {
    return this.words("Unit", "After");
  }
  get wants(): readonly Located<string>[] {
    return this.words("Unit", "Wants");
  }
  get requires(): readonly Located<string>[] {
    return this.words("Unit", "Requires");
  }
  get wantedBy(): readonly Located<string>[] {
    return this.words("Install", "WantedBy");
  }
  /** `simple` where the file is silent. */
  get type(): Located<string> {
    return this.#orDefault("Type", "simple");
  }
  /** `no` where the file is silent. */
  get restart(): Located<string> {
    return this.#orDefault("Restart", "no");
  }
  /** `control-group` where the file is silent: stopping the unit then kills all it started. */
  get killMode(): Located<string> {
    return this.#orDefault("KillMode", "control-group");
  }
  /** A boolean word or a list of controllers; `no` where the file is silent. */
  get delegate(): Located<string> {
    return this.#orDefault("Delegate", "no");
  }

  /** Environment= as name and value; a later assignment of a name counts. */
  get environment(): ReadonlyMap<string, Located<string>> {
    const variables = new Map<string, Located<string>>();
    for (const word of this.words("Service", "Environment")) {
      const equals = word.value.indexOf("=");
      if (equals < 1) continue;
      variables.set(word.value.slice(0, equals), { ...word, value: word.value.slice(equals + 1) });
    }
    return variables;
  }

  /** EnvironmentFile= paths; `isOptional` where a leading dash lets the file be absent. */
  get environmentFiles(): readonly (Located<string> & { readonly isOptional: boolean })[] {
    return this.assignments("Service", "EnvironmentFile").map((entry) => {
      const isOptional = entry.value.startsWith("-");
      const start = isOptional ? 1 : 0;
      const value = entry.value.slice(start);
      return { value, location: entry.locate(start), isDefault: false, isOptional };
    });
  }

  #orDefault(key: string, value: string): Located<string> {
    const location = this.entries.find((entry) => entry.section === "Service")?.location;
    return (
      this.value("Service", key) ?? {
        value,
        location: location ?? { file: this.file, line: 1, column: 1 },
        isDefault: true,
      }
    );
  }
}

/** A unit with its drop-ins, in the order given (systemd's is by file name). */
export function mergeUnit(main: UnitFile, dropIns: readonly UnitFile[]): UnitFile {
  return new UnitFile(
    main.file,
    [main, ...dropIns].flatMap((unit) => unit.entries),
  );
}

/** systemd's words for true and false; undefined for anything else. */
export function parseUnitBoolean(word: string): boolean | undefined {
  if (/^(?:1|yes|y|true|t|on)$/i.test(word)) return true;
  return /^(?:0|no|n|false|f|off)$/i.test(word) ? false : undefined;
}
