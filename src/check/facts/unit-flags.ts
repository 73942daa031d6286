import {
  type CommandLine,
  type FlagKinds,
  KUBELET_FLAG_KINDS,
  type Located,
  PROXY_FLAG_KINDS,
  parseFlags,
  type UnitArgument,
  type UnitFile,
} from "../../config/mod.ts";

/** A flag of a unit's command line as it is given. */
export interface UnitFlag {
  /** With its dashes: `--config`. */
  readonly name: string;
  /** Undefined where it stands alone. */
  readonly value: Located<string> | undefined;
  /** The place of the flag. */
  readonly flag: UnitArgument;
  /** The variable that it came out of. */
  readonly variable?: string;
}

const UNKNOWN: FlagKinds = { isKnown: () => false, isBoolean: () => false };

// One unit serves a thousand nodes, and each rule asks for its flags.
const linesOf = new WeakMap<UnitFile, CommandLine>();
const kubeletLines = new WeakMap<UnitFile, CommandLine>();
const proxyLines = new WeakMap<UnitFile, CommandLine>();

function lineOf(unit: UnitFile, kinds: FlagKinds, known: typeof linesOf): CommandLine {
  let line = known.get(unit);
  if (line === undefined) {
    line = parseFlags(unit.execStart[0]?.args ?? [], kinds);
    known.set(unit, line);
  }
  return line;
}

/** Every flag that the unit's program gets, those out of variables as well: `--a=b`, `--a b`, `--a`. */
export function unitFlags(unit: UnitFile): readonly UnitFlag[] {
  return lineOf(unit, UNKNOWN, linesOf).flags;
}

/** The kubelet's command line as the kubelet reads it. */
export function kubeletFlags(unit: UnitFile): CommandLine {
  return lineOf(unit, KUBELET_FLAG_KINDS, kubeletLines);
}

/** kube-proxy's command line as kube-proxy reads it. */
export function proxyFlags(unit: UnitFile): CommandLine {
  return lineOf(unit, PROXY_FLAG_KINDS, proxyLines);
}

/** The value of the last of these flags, as Go's flag packages take it. */
export function flagValue(unit: UnitFile, names: readonly string[]): Located<string> | undefined {
  return unitFlags(unit).findLast((flag) => names.includes(flag.name))?.value;
}
