import { nearest, type Problem, type SourceLocation } from "../../base/mod.ts";
import type { UnitEntry } from "./unit-entry.ts";
import type { UnitFile } from "./unit-file.ts";
import { checkUnitValue } from "./unit-values.ts";
import { splitCommands } from "./unit-words.ts";

/**
 * What a whole service must have: a command with a path that systemd takes, one only but for
 * Type=oneshot, and words, times, limits and names of units where a typing error would silently mean
 * the default. Units of other kinds are not looked into.
 */
export function checkUnit(unit: UnitFile): Problem[] {
  if (!unit.file.endsWith(".service")) return [];
  return [
    ...checkExecStart(unit),
    ...checkChoices(unit),
    ...unit.entries.flatMap(checkCommand),
    ...unit.entries.flatMap(checkUnitValue),
  ];
}

function problem(
  code: string,
  message: string,
  location: SourceLocation,
  fix: string | undefined,
): Problem {
  const locations = [location];
  return { code, severity: "error", message, locations, ...(fix === undefined ? {} : { fix }) };
}

function checkExecStart(unit: UnitFile): Problem[] {
  const starts = unit.execStart;
  if (starts.length === 0) {
    // systemd.service(5): a service without ExecStart= must say what else it is there for.
    const isForElse =
      unit.value("Service", "ExecStop") !== undefined ||
      unit.value("Unit", "SuccessAction") !== undefined;
    // A command that cannot be split is reported as that, not as missing.
    if (isForElse || unit.assignments("Service", "ExecStart").length > 0) return [];
    const section = unit.entries.find((entry) => entry.section === "Service");
    const location = section?.location ?? { file: unit.file, line: 1, column: 1 };
    const fix = "add ExecStart= with the absolute path of a program";
    return [problem("missing-key", "Missing key in [Service]: ExecStart", location, fix)];
  }
  const second = starts[1];
  if (second === undefined || unit.type.value === "oneshot") return [];
  const message = `Found a second ExecStart= in a service of Type=${unit.type.value}`;
  const fix = "remove one, or reset the first with an empty ExecStart=";
  return [problem("wrong-value", message, second.executable.location, fix)];
}

/** Keys of [Service] that take one word out of a list. */
const CHOICES: ReadonlyMap<string, readonly string[]> = new Map([
  ["Type", ["simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"]],
  [
    "Restart",
    ["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"],
  ],
  ["KillMode", ["control-group", "process", "mixed", "none"]],
]);

/** systemd ignores a word that it does not know here: KillMode=proces then kills every pod. */
function checkChoices(unit: UnitFile): Problem[] {
  return [...CHOICES].flatMap(([key, choices]) => {
    const found = unit.value("Service", key);
    if (found === undefined || choices.includes(found.value)) return [];
    const words = choices.map((word) => `"${word}"`).join(", ");
    const message = `Expected one of ${words} at ${key}=: "${found.value}"`;
    const near = nearest(found.value, choices);
    const fix = near === undefined ? undefined : `write ${key}=${near}`;
    return [problem("wrong-value", message, found.location, fix)];
  });
}

const COMMANDS: ReadonlySet<string> = new Set([
  "ExecCondition",
  "ExecReload",
  "ExecStart",
  "ExecStartPost",
  "ExecStartPre",
  "ExecStop",
  "ExecStopPost",
]);

function checkCommand(entry: UnitEntry): Problem[] {
  if (entry.section !== "Service" || !COMMANDS.has(entry.key) || entry.value === "") return [];
  const { commands, fault } = splitCommands(entry);
  if (fault !== undefined) {
    const message = `Cannot split ${entry.key}= into words: ${fault.message}`;
    return [problem("wrong-value", message, entry.locate(fault.offset), "close the quote")];
  }
  return commands.flatMap(({ executable: { value, location } }) => {
    // An absolute path, a bare name that systemd looks up, or a specifier at the front.
    if (value.startsWith("/") || value.startsWith("%") || /^[^/]+$/.test(value)) return [];
    const message = `Expected an absolute path or a bare name in ${entry.key}=: "${value}"`;
    return [problem("wrong-value", message, location, "write the absolute path")];
  });
}
