import { NodewrightError } from "../../base/mod.ts";

/** cpuManagerPolicyOptions of the policy "static". */
export interface CpuOptions {
  /** Whole cores only: no two containers share one. */
  readonly fullCores: boolean;
  /** The same number from each NUMA node, where one is not enough. */
  readonly distributesNodes: boolean;
  /** A socket's nodes count as one. */
  readonly alignsSockets: boolean;
  readonly spreadsCores: boolean;
  /** Nothing but the system runs on reserved CPUs. */
  readonly keepsReserved: boolean;
  readonly prefersCaches: boolean;
}

const NAMES = {
  fullCores: "full-pcpus-only",
  distributesNodes: "distribute-cpus-across-numa",
  alignsSockets: "align-by-socket",
  spreadsCores: "distribute-cpus-across-cores",
  keepsReserved: "strict-cpu-reservation",
  prefersCaches: "prefer-align-cpus-by-uncorecache",
} as const satisfies Readonly<Record<keyof CpuOptions, string>>;

/** Options that cannot both hold. */
const CONFLICTS: readonly (readonly [keyof CpuOptions, keyof CpuOptions])[] = [
  ["fullCores", "spreadsCores"],
  ["distributesNodes", "spreadsCores"],
  ["prefersCaches", "spreadsCores"],
  ["prefersCaches", "distributesNodes"],
];

/** Go's strconv.ParseBool. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, false] as const),
]);

/** The options as they are written; throws NodewrightError of kind "config", in the kubelet's words. */
export function parseCpuOptions(given: Readonly<Record<string, string>>): CpuOptions {
  const read = (name: string): boolean => {
    const value = given[name];
    if (value === undefined) return false;
    const parsed = BOOLEANS.get(value);
    if (parsed !== undefined) return parsed;
    const cause = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
    throw unusable(`bad value for option "${name}": ${cause}`);
  };
  const options: CpuOptions = {
    fullCores: read(NAMES.fullCores),
    distributesNodes: read(NAMES.distributesNodes),
    alignsSockets: read(NAMES.alignsSockets),
    spreadsCores: read(NAMES.spreadsCores),
    keepsReserved: read(NAMES.keepsReserved),
    prefersCaches: read(NAMES.prefersCaches),
  };
  for (const [a, b] of CONFLICTS) {
    if (!options[a] || !options[b]) continue;
    const both = `${NAMES[a]} and ${NAMES[b]}`;
    throw unusable(`static policy options ${both} can not be used at the same time`);
  }
  return options;
}

function unusable(why: string): NodewrightError {
  return new NodewrightError("config", `Cannot use cpuManagerPolicyOptions: ${why}`);
}
