import type { Problem } from "../../base/mod.ts";
import {
  type GivenFlag,
  KUBELET_FLAG_KINDS,
  KUBELET_FLAGS,
  parseProcessFlags,
  REMOVED_KUBELET_FLAGS,
} from "../../config/mod.ts";

const IGNORE_UNSUPPORTED = "--ignore-unsupported";

/** Flags without a field of KubeletConfiguration that the agent obeys. */
const OBEYED: Readonly<Record<string, string>> = {
  "--bootstrap-kubeconfig": "where the first client certificate comes from",
  "--cert-dir": "certificates that it asks for; ROOT-DIR/pki",
  "--config": "KubeletConfiguration",
  "--config-dir": "*.conf over it, in the order of their names",
  "--hostname-override": "the Node's name, where it is not the host's",
  "--kubeconfig": "the API server; without it the agent runs static pods alone",
  "--node-ip": "the Node's addresses",
  "--node-labels": "KEY=VALUE pairs of the Node",
  "--root-dir": "/var/lib/kubelet",
  [IGNORE_UNSUPPORTED]: "go on with a warning where a field is not obeyed; not the kubelet's",
};

/** Flags of the kubelet that change nothing here. */
const WITHOUT_EFFECT = ["--runtime-cgroups"];

const hasField = (name: string): boolean => (KUBELET_FLAGS[name] ?? "") !== "";
const NAMES: readonly string[] = [
  ...Object.keys(KUBELET_FLAGS).filter(
    (name) => hasField(name) && REMOVED_KUBELET_FLAGS[name] === undefined,
  ),
  ...Object.keys(OBEYED),
  ...WITHOUT_EFFECT,
];

/** Every flag with what it sets, a line each. */
export function flagHelp(): string {
  const lines = NAMES.map((name) => {
    const what = OBEYED[name] ?? (hasField(name) ? `as ${KUBELET_FLAGS[name]}` : "without effect");
    return `  ${name}`.padEnd(52) + what;
  });
  return [...lines].sort().join("\n");
}

/** The agent's command line: the kubelet's flags as the kubelet reads them. */
export interface AgentFlags {
  readonly given: readonly GivenFlag[];
  /** The last value of a flag without a field; undefined where it is empty or not given. */
  readonly last: (name: string) => string | undefined;
  /** All values of such a flag. */
  readonly all: (name: string) => readonly string[];
  readonly ignoresUnsupported: boolean;
}

export function parseAgentFlags(argv: readonly string[]): {
  readonly flags: AgentFlags;
  readonly problems: readonly Problem[];
} {
  const { flags: given, problems } = parseProcessFlags(argv, {
    who: "the agent",
    names: NAMES,
    isKnown: (name) => name === IGNORE_UNSUPPORTED || KUBELET_FLAG_KINDS.isKnown(name),
    isBoolean: (name) => name === IGNORE_UNSUPPORTED || KUBELET_FLAG_KINDS.isBoolean(name),
    insteadOf: (name) => REMOVED_KUBELET_FLAGS[name]?.instead,
  });
  const all = (name: string): readonly string[] =>
    given.flatMap((flag) => (flag.name === name ? (flag.value?.value ?? []) : []));
  const last = (name: string): string | undefined => all(name).at(-1) || undefined;
  return {
    flags: { given, last, all, ignoresUnsupported: last(IGNORE_UNSUPPORTED) === "true" },
    problems,
  };
}

/** Every flag with the value that counts, from whichever layer it comes; names without dashes. */
export function effectiveFlags(
  flags: AgentFlags,
  configz: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const effective = (name: string): string => {
    const field = KUBELET_FLAGS[name] ?? "";
    return field === "" ? flags.all(name).join(",") : shown(valueAt(configz, field.split(".")));
  };
  return Object.fromEntries(NAMES.map((name) => [name.slice(2), effective(name)]));
}

function valueAt(from: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([name]) => name === key)?.[1]
        : undefined,
    from,
  );
}

/** As flags are written: `a,b` in brackets, `key=value` pairs. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return `[${value.map(shown).join(",")}]`;
  if (typeof value !== "object") return String(value);
  const pairs = Object.entries(value).map(([key, one]) => `${key}=${shown(one)}`);
  return pairs.join(",");
}
