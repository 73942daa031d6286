import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { UsageError } from "../base/mod.ts";

/** Options that a group (`cri`, `cni`, `lab`) takes in front of the command's name, by attribute. */
const hoisted = new WeakMap<CommandUnknownOpts, ReadonlySet<string>>();

/**
 * Lets the options of a group's commands stand in front of the command's name as well:
 * `nodewright cri --node node-0 pods`. Only options that mean the same in every command that has
 * them; the help does not list them twice.
 */
export function hoistOptions(group: CommandUnknownOpts): void {
  if (group.commands.length === 0) return;
  group.enablePositionalOptions();
  const own = new Set(group.options.flatMap(namesOf));
  const names = new Set<string>();
  for (const option of sharedOptions(group)) {
    if (namesOf(option).some((name) => own.has(name))) continue;
    // The default stays with the command: here only what was given counts.
    const copy = Object.assign(Object.create(Object.getPrototypeOf(option)), option);
    copy.defaultValue = undefined;
    group.addOption(copy.hideHelp());
    names.add(option.attributeName());
  }
  hoisted.set(group, names);
}

/** Hands what was given in front of the command's name to the command. */
export function lowerOptions(action: CommandUnknownOpts): void {
  const group = action.parent;
  if (group === null) return;
  for (const name of hoisted.get(group) ?? []) {
    if (group.getOptionValueSource(name) !== "cli") continue;
    const option = action.options.find((one) => one.attributeName() === name);
    if (option === undefined) {
      const flag = group.options.find((one) => one.attributeName() === name)?.long ?? name;
      throw new UsageError(`unknown option '${flag}' of ${group.name()} ${action.name()}`, {
        fix: `nodewright ${group.name()} ${action.name()} --help`,
      });
    }
    if (action.getOptionValueSource(name) === "cli") continue;
    action.setOptionValueWithSource(name, group.getOptionValue(name), "cli");
  }
}

/** Options that all commands which know one of their names declare alike. */
function sharedOptions(group: CommandUnknownOpts): readonly Option[] {
  const all = group.commands.flatMap((command) => [...command.options]);
  const first = new Map<string, Option>();
  for (const option of all) if (!first.has(option.flags)) first.set(option.flags, option);
  return [...first.values()].filter((option) => {
    const names = namesOf(option);
    return all.every(
      (other) => other.flags === option.flags || !namesOf(other).some((n) => names.includes(n)),
    );
  });
}

function namesOf({ long, short }: Option): readonly string[] {
  return [long, short].flatMap((name) => (name == null ? [] : [name]));
}
