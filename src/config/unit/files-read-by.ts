import type { Located } from "../schema/config-reader.ts";
import type { UnitFile } from "./unit-file.ts";
import type { ExecCommand } from "./unit-words.ts";

/** What a program reads although its command line does not say so. */
const IMPLICIT: ReadonlyMap<string, { readonly flags: RegExp; readonly file: string }> = new Map([
  ["containerd", { flags: /^(?:-c|--config)(?:=|$)/, file: "/etc/containerd/config.toml" }],
]);

/**
 * The absolute paths that a unit's ExecStart and EnvironmentFile name, each once: the executable,
 * `--flag=/path`, `--flag /path`, plain arguments; and containerd's own config.toml where no flag
 * names another. Which of them are directories or sockets only the machine knows. Paths with
 * specifiers or variables are left out.
 */
export function filesReadBy(unit: UnitFile): readonly Located<string>[] {
  const found = new Map<string, Located<string>>();
  const add = (path: Located<string>): void => {
    if (!path.value.startsWith("/") || /[%$]/.test(path.value)) return;
    if (!found.has(path.value)) found.set(path.value, path);
  };
  for (const command of unit.execStart) {
    add(command.executable);
    for (const arg of command.args) add(valueOfFlag(arg));
    const implicit = implicitFile(command);
    if (implicit !== undefined) add(implicit);
  }
  for (const file of unit.environmentFiles) {
    add({ value: file.value, location: file.location, isDefault: false });
  }
  return [...found.values()];
}

/** The part after `=` of an argument that is a flag with a value; other arguments as they are. */
function valueOfFlag(arg: Located<string>): Located<string> {
  const match = /^--?[\w.-]+=/.exec(arg.value);
  if (match === null) return arg;
  const { file, line, column } = arg.location;
  const length = match[0].length;
  const location = { file, line, column: column + length };
  return { value: arg.value.slice(length), location, isDefault: false };
}

function implicitFile(command: ExecCommand): Located<string> | undefined {
  const name = command.executable.value.split("/").at(-1) ?? "";
  const rule = IMPLICIT.get(name);
  if (rule === undefined || command.args.some((arg) => rule.flags.test(arg.value)))
    return undefined;
  return { value: rule.file, location: command.executable.location, isDefault: true };
}
