/** Values of specifiers by their letter; those that only the machine knows may be absent. */
export type Specifiers = ReadonlyMap<string, string>;

/** What of a machine specifiers stand for. */
export interface SpecifierFacts {
  readonly hostname?: string | undefined;
  readonly machineId?: string | undefined;
}

/** The specifiers of a system unit (systemd.unit(5), Specifiers). */
export function specifiersOf(
  unit: string,
  { hostname, machineId }: SpecifierFacts = {},
): Specifiers {
  const dot = unit.lastIndexOf(".");
  const name = dot === -1 ? unit : unit.slice(0, dot);
  const at = name.indexOf("@");
  const prefix = at === -1 ? name : name.slice(0, at);
  const values = new Map([
    ["%", "%"],
    ["n", unit],
    ["N", name],
    ["p", prefix],
    ["i", at === -1 ? "" : name.slice(at + 1)],
    ["j", prefix.slice(prefix.lastIndexOf("-") + 1)],
    ["t", "/run"],
    ["S", "/var/lib"],
    ["C", "/var/cache"],
    ["L", "/var/log"],
    ["E", "/etc"],
    ["T", "/tmp"],
    ["V", "/var/tmp"],
    ["h", "/root"],
    ["u", "root"],
    ["U", "0"],
    ["g", "root"],
    ["G", "0"],
  ]);
  if (hostname !== undefined) {
    values.set("H", hostname);
    values.set("l", hostname.split(".")[0] ?? hostname);
  }
  if (machineId !== undefined) values.set("m", machineId);
  return values;
}

/** A text with its specifiers put in; those that are not known stay. */
export function expandSpecifiers(text: string, specifiers: Specifiers): string {
  if (!text.includes("%")) return text;
  return text.replace(/%(.)/gs, (all, letter: string) => specifiers.get(letter) ?? all);
}
