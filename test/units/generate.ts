/** Generated units with their drop-ins and environment files, in systemd's grammar. */

/** A case: files by absolute path. */
export type UnitCase = Readonly<Record<string, string>>;

type Random = (bound: number) => number;

const NAMES = ["A", "B2", "LONG_NAME", "_x", "EMPTY"] as const;
const DIRS = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"] as const;
const PROGRAM = "/usr/local/bin/kubelet";

const one = <T>(random: Random, choices: readonly [T, ...T[]]): T =>
  choices[random(choices.length)] ?? choices[0];
const many = <T>(random: Random, bound: number, make: () => T): T[] =>
  Array.from({ length: random(bound) }, make);
const reference = (name: string): string => `$\{${name}}`;

/** A value as Environment= may have it inside of double quotes, single ones or none. */
function assignment(random: Random): string {
  const name = one(random, NAMES);
  const value = one(random, [
    "plain",
    "",
    "%n-%p",
    "%%",
    "a=b",
    "x\\x41y",
    "tab\\tend",
    "$A",
    "oct\\101",
    "\\s",
    "\\\\",
    "%E/%i.conf",
  ]);
  return one(random, [
    `${name}=${value}`,
    `"${name}=${value} and more"`,
    `'${name}=${value}  two'`,
    `${name}="${value} q"`,
    `${name}=pre'mid dle'${value}`,
    `"${name}=--a=1 --b=\\"two words\\" '${value}'"`,
  ]);
}

function environmentFile(random: Random): string {
  const line = (): string => {
    const name = one(random, NAMES);
    const end = one(random, ["\n", "\n", "\r\n"]);
    return (
      one(random, [
        `${name}=plain`,
        ` ${name} = spaced out  `,
        `${name}="double \\"q\\" \\$x \\n"`,
        `${name}='single \\ "x"'`,
        `${name}="two\nlines"`,
        `${name}=go\\\non`,
        `${name}="go\\\non"`,
        `${name}=mid"dle q"uotes' and 'more`,
        `${name}=back\\slash\\\\end`,
        "# a comment",
        `; ${name}=not`,
        "# continued \\\n",
        "no equals sign",
        "1BAD=x",
        `export ${name}=x`,
        `${name}=`,
        `${name}=#hash`,
        `${name}=a # b`,
        `${name}=%n $A`,
      ]) + end
    );
  };
  const text = many(random, 6, line).join("");
  return random(4) === 0 ? text.trimEnd() : text;
}

function argument(random: Random): string {
  const name = one(random, [...NAMES, "UNSET"] as const);
  return one(random, [
    `--flag=${reference(name)}`,
    `$${name}`,
    `pre${reference(name)}post`,
    `"${reference(name)} quoted"`,
    `'$${name}'`,
    `$$${name}`,
    `a$${name}`,
    `${reference(name)}`,
    "%n",
    "%%",
    "--path=%t/%N.sock:%E:%S:%C:%L",
    "\\x2d\\x2dhex",
    '"two words"',
    "'single \"x\"'",
    "tab\\tin",
    '""',
    "mid'dle q'uote",
    "\\;",
    `${reference(name)}${reference("A")}`,
    "$",
    "100%%",
    "é\\u00e9",
  ]);
}

function command(random: Random): string {
  const prefix = one(random, ["", "", "", "", "-", ":", "-:", "+"]);
  const separator = (): string => one(random, [" ", " ", "  ", " \\\n  ", " \\\n# in between\n\t"]);
  const args = many(random, 6, () => separator() + argument(random)).join("");
  const second = random(12) === 0 ? ` ; ${PROGRAM} ${argument(random)}` : "";
  return `${prefix}${PROGRAM}${args}${second}`;
}

/** Lines of [Service]; a drop-in resets what it gives anew, or adds. */
function serviceLines(random: Random, isMain: boolean): string[] {
  const lines = many(
    random,
    4,
    () => `Environment=${many(random, 3, () => assignment(random)).join(" ")}`,
  );
  lines.push(
    ...many(random, 3, () =>
      one(random, [
        "EnvironmentFile=-/etc/units/a.env",
        "EnvironmentFile=/etc/units/b.env",
        "EnvironmentFile=-/etc/units/none.env",
        "EnvironmentFile=-/etc/units/*.env",
        "EnvironmentFile=",
        `UnsetEnvironment=${one(random, NAMES)}`,
        "UnsetEnvironment=A=plain",
        "PassEnvironment=NOTHING",
      ]),
    ),
  );
  if (isMain) lines.push(`ExecStart=${command(random)}`);
  else if (random(3) === 0) lines.push("ExecStart=", `ExecStart=${command(random)}`);
  else if (random(6) === 0) lines.push(`ExecStart=${command(random)}`);
  return lines;
}

/** One case, the same for the same numbers. */
export function makeUnitCase(random: Random): UnitCase {
  const files: Record<string, string> = {
    "/etc/units/a.env": environmentFile(random),
    // Where a unit names it without a dash, it is then not started.
    ...(random(5) === 0 ? {} : { "/etc/units/b.env": environmentFile(random) }),
  };
  const unit = (isMain: boolean): string =>
    `[Unit]\nDescription=case\n[Service]\n${isMain ? "Type=oneshot\n" : ""}${serviceLines(random, isMain).join("\n")}\n`;
  files[`${one(random, DIRS)}/kubelet.service`] = unit(true);
  for (const _ of many(random, 4, () => 0)) {
    const dir = one(random, DIRS);
    const folder = one(random, ["kubelet.service.d", "kubelet.service.d", "service.d"]);
    const name = one(random, ["10-a.conf", "20-b.conf", "30-c.conf", "9-d.conf", "no.txt"]);
    files[`${dir}/${folder}/${name}`] = unit(false).replace("[Unit]\nDescription=case\n", "");
  }
  return files;
}
