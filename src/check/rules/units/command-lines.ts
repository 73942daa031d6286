import { nearest, type SourceLocation } from "../../../base/mod.ts";
import { UNIT_KEYS, type UnitArgument, type UnitEntry } from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { kubeletFlags, proxyFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** Where distributions and installers keep variables: files that a machine may have by itself. */
const OF_THE_MACHINE = /^\/(?:etc\/(?:default|sysconfig)\/|etc\/environment$|run\/)/;

/** NW-B14 */
export const environments = nodeRule({
  id: "NW-B14",
  severity: "error",
  title: "Every variable on a unit's command line is set, and every environment file is there",
  stages: ["files", "machine"],
  places: ["units: ExecStart, Environment, EnvironmentFile"],
  symptom:
    "The unit does not start: `Failed to load environment files: No such file or directory`; or the program looks " +
    "for a file with a hole in its name: `/var/lib/kubelet/.kubeconfig`.",
  why:
    "systemd puts nothing in the place of a variable that is set nowhere, and goes on. A missing EnvironmentFile= " +
    "without a dash in front ends the start.",
  fix: "Set the variable with Environment=, put the file there, or write a dash in front of its path.",
  provoked: {
    how: "an EnvironmentFile= that is not there: `systemctl restart containerd` fails and says so",
  },
  needs: ["files"],
  uses: UNIT_FACTS,
  check(facts) {
    return unitsOf(facts).flatMap((fact) => [
      ...missingFiles(fact, facts.files),
      ...ignoredNames(fact),
      ...unsetVariables(fact),
    ]);
  },
});

function missingFiles({ name, environment }: UnitFact, { isComplete }: NodeTree): Found[] {
  return environment.missing.map(({ value: path, location }) => ({
    message: `${name} does not start without a file that is not there: EnvironmentFile=${path}`,
    locations: [location],
    ...(isComplete || !OF_THE_MACHINE.test(path) ? {} : { severity: "warning" as const }),
    fix: isComplete
      ? `Put the file there, or write EnvironmentFile=-${path} where it may be absent`
      : `Add ${path} under files in nodewright.yaml, or write EnvironmentFile=-${path} where it may be absent`,
  }));
}

/** A file made for a shell: systemd passes none of it on, and says so in the journal alone. */
function ignoredNames({ name: unit, environment }: UnitFact): Found[] {
  return environment.ignored.map(({ value: name, location }) => {
    const bare = name.replace(/^(?:export|declare -x|typeset -x)\s+/, "");
    return {
      message: `systemd ignores this line of an environment file, since it is no name of a variable: ${JSON.stringify(name)} (${unit})`,
      locations: [location],
      severity: "warning" as const,
      fix:
        bare === name
          ? "Correct the name, or remove the line"
          : `Write ${bare}= without the word before it`,
    };
  });
}

function unsetVariables({ name, unit, environment }: UnitFact): Found[] {
  return unit.execStart.flatMap((command) => {
    const unset = "unset" in command ? command.unset : [];
    return unset.flatMap(({ value: variable, location, isWholeWord }): Found[] => {
      // A word of its own that is not set is no argument: packages' units are made like that.
      if (isWholeWord) return misspelt(variable, location, { name, unit, environment });
      return [
        {
          message: environment.isComplete
            ? `The variable ${variable} is set nowhere, so that systemd puts nothing in its place: ${name}`
            : `The variable ${variable} is set nowhere that is known here: ${name}`,
          locations: [location],
          ...(environment.isComplete ? {} : { severity: "warning" as const }),
          fix: `Add Environment=${variable}=VALUE to [Service], or write the value out`,
        },
      ];
    });
  });
}

/** A variable that is set under another name, nearly the same, which no command uses. */
function misspelt(
  variable: string,
  location: SourceLocation,
  { name, unit, environment }: Pick<UnitFact, "name" | "unit" | "environment">,
): Found[] {
  const commands = unit.entries.filter(({ key }) => key.startsWith("Exec"));
  const isUsed = (one: string): boolean =>
    commands.some(({ value }) => new RegExp(`\\$\\{?${one}\\b`).test(value));
  const unused = [...environment.variables.keys()].filter((one) => !isUsed(one));
  const near = nearest(variable, unused);
  if (near === undefined) return [];
  const set = environment.variables.get(near);
  return [
    {
      message: `The variable ${variable} is set nowhere, and ${near} is set and used nowhere: ${name}`,
      locations: [location, ...(set === undefined ? [] : [set.location])],
      severity: "warning",
      fix: `Write $${near}`,
    },
  ];
}

/** NW-B15 */
export const refusedWords = nodeRule({
  id: "NW-B15",
  severity: "error",
  title: "The kubelet and kube-proxy take every word of their command lines",
  stages: ["files"],
  places: ["kubelet.service, kube-proxy.service: ExecStart and the variables in it"],
  symptom:
    "The program ends at once, again and again: `unknown command true`; " +
    '`"kube-proxy" does not take any arguments, got ["true"]`.',
  why:
    "Both take flags alone. A boolean flag takes its value with =, a comment cannot follow a command, and a " +
    "backslash at the end of the last flag makes the next line of the unit an argument.",
  fix: "Remove the word, or join it to its flag with =.",
  provoked: { not: "it takes the official programs, which no package of the lab has" },
  needs: ["files"],
  uses: ["kubeletUnit", "kubeProxyUnit"],
  check({ kubeletUnit, kubeProxyUnit }) {
    const ofKubelet = kubeletUnit === undefined ? [] : refusedOf(kubeletUnit, "kubelet");
    const ofProxy = kubeProxyUnit === undefined ? [] : refusedOf(kubeProxyUnit, "kube-proxy");
    return [...ofKubelet, ...ofProxy];
  },
});

function refusedOf({ unit }: UnitFact, program: "kubelet" | "kube-proxy"): Found[] {
  const command = unit.execStart[0];
  // A wrapper has words of its own.
  if (command?.executable.value.split("/").at(-1) !== program) return [];
  const { words, flags } = program === "kubelet" ? kubeletFlags(unit) : proxyFlags(unit);
  const word = words.find(({ value }) => program === "kubelet" || value !== "");
  if (word === undefined) return [];
  const place = `${word.location.file}:${word.location.line}`;
  const before = flags.findLast(
    ({ flag: { location }, value }) =>
      `${location.file}:${location.line}` === place &&
      location.column < word.location.column &&
      value?.location.column === location.column,
  );
  const entries = unit.assignments("Service", "ExecStart");
  const backslash = entries.flatMap((entry) => backslashBefore(entry, word) ?? [])[0];
  return [
    {
      message: `The ${program === "kubelet" ? "kubelet" : "program kube-proxy"} refuses a word that is no flag: "${word.value}"`,
      locations: [...(backslash === undefined ? [] : [backslash]), word.location],
      fix: fixOf(word, before?.name, backslash !== undefined),
    },
  ];
}

function fixOf({ value }: UnitArgument, flag: string | undefined, isNextLine: boolean): string {
  if (isNextLine)
    return "Remove the backslash at the end of the line before, which makes this line an argument";
  if (value === "") return "Remove the empty word";
  if (value.startsWith("#")) return "Put the comment on a line of its own, above the command";
  if (flag !== undefined)
    return `Write ${flag}=${value}: a flag that is on or off takes its value with =`;
  return `Remove ${value}, or write the flag that it belongs to with =`;
}

/** The backslash that makes a line of the unit, such as Restart=always, a word of a command. */
function backslashBefore(
  entry: UnitEntry,
  { value, location }: UnitArgument,
): SourceLocation | undefined {
  const key = /^([A-Z]\w*)=/.exec(value)?.[1];
  const isKey = key !== undefined && [...UNIT_KEYS.values()].some((keys) => keys.includes(key));
  const isHeader = /^\[[A-Z]\w*\]$/.test(value);
  if (!isKey && !isHeader) return undefined;
  let last: SourceLocation | undefined;
  for (let i = 0; i < entry.value.length; i++) {
    const at = entry.locate(i);
    if (at.file !== location.file || at.line >= location.line) break;
    last = at;
  }
  return last;
}
