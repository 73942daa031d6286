import {
  type KubeletConfig,
  type Located,
  type PlainValue,
  splitWords,
  toPlain,
} from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { type UnitFlag, unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { KUBELET_FLAGS } from "../../tables/kubelet-flags.ts";

/** A flag, and where it comes from where that is not the command line itself. */
interface Given extends Pick<UnitFlag, "name" | "value" | "flag"> {
  /** `KUBELET_EXTRA_ARGS of /etc/default/kubelet` */
  readonly variable?: string;
}

/** `NAME=value` of an environment file, systemd.exec(5): quotes off, comments and the rest ignored. */
function environmentFile(text: string, file: string): Map<string, Located<string>> {
  const variables = new Map<string, Located<string>>();
  for (const [index, line] of text.split("\n").entries()) {
    const match = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = "", raw = ""] = match;
    const value = raw.trim().replace(/^(["'])(.*)\1$/, "$2");
    const location = { file, line: index + 1, column: line.indexOf(name) + 1 };
    variables.set(name, { value, location, isDefault: false });
  }
  return variables;
}

/** The flags of a unit, those of variables on its command line as well. */
function flagsOf({ unit }: UnitFact, files: NodeTree): readonly Given[] {
  const variables = new Map(unit.environment);
  for (const { value: path } of unit.environmentFiles) {
    const file = files.get(path);
    if (file?.text === undefined) continue;
    for (const [name, value] of environmentFile(file.text, file.shown)) variables.set(name, value);
  }
  const indirect = (unit.execStart[0]?.args ?? []).flatMap((arg): readonly Given[] => {
    const name = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(arg.value)?.[1];
    const found = name === undefined ? undefined : variables.get(name);
    if (name === undefined || found === undefined) return [];
    return flagsIn(found, `${name} of ${found.location.file}`);
  });
  return [...unitFlags(unit), ...indirect];
}

function flagsIn(variable: Located<string>, from: string): readonly Given[] {
  const words = splitWords(variable.value).words.map(({ value }) => value);
  return words.flatMap((word, i): Given[] => {
    const match = /^(--[\w][\w.-]*)(?:=(.*))?$/.exec(word);
    if (match === null) return [];
    const next = words[i + 1];
    const text = match[2] ?? (next === undefined || next.startsWith("-") ? undefined : next);
    return [
      {
        name: match[1] ?? "",
        value: text === undefined ? undefined : { ...variable, value: text },
        flag: variable,
        variable: from,
      },
    ];
  });
}

/** A value as a flag would have it. */
function asFlag(value: PlainValue): string {
  if (Array.isArray(value)) return value.map(asFlag).join(",");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, one]) => `${key}=${asFlag(one)}`)
      .sort()
      .join(",");
  }
  return String(value);
}

function isSame(flag: string, value: string): boolean {
  const sorted = (text: string): string => text.split(",").sort().join(",");
  return flag === value || sorted(flag) === sorted(value);
}

function overridden(config: KubeletConfig, given: Given): Found[] {
  const key = KUBELET_FLAGS[given.name];
  if (key === undefined || key === "") return [];
  const path = key.split(".");
  const node = config.document.node(path);
  const flag = given.value?.value ?? "true";
  const from = given.variable === undefined ? "" : ` (in ${given.variable})`;
  if (node === undefined) {
    // On the command line itself it is at least seen; out of a variable it is a left-over.
    if (given.variable === undefined) return [];
    return [
      {
        message: `A flag out of a variable sets what the kubelet's file leaves to its default: ${given.name}=${flag}${from}, ${key}`,
        locations: [given.flag.location],
        fix: `Remove it, and write ${key} in the kubelet's file where it is meant`,
      },
    ];
  }
  const value = asFlag(toPlain(node));
  if (isSame(flag, value)) return [];
  return [
    {
      message: `A flag overrides the kubelet's file: ${given.name}=${flag}${from}, ${key}: ${value}`,
      locations: [given.flag.location, config.document.at(path)],
      fix: `Remove ${given.name} and keep ${key} in the file, with the value that is meant`,
    },
  ];
}

/** What kube-proxy takes from its command line although it has a file. */
const PROXY_TAKES =
  /^--(?:config|hostname-override|cleanup|init-only|write-config-to|v|vmodule|version|help|log-[\w-]+|logging-format|skip-headers|stderrthreshold|logtostderr|alsologtostderr|one-output|add-dir-header)$/;

function ignored(flags: readonly Given[]): Found[] {
  const config = flags.find(({ name }) => name === "--config");
  if (config === undefined) return [];
  return flags
    .filter(({ name }) => name.startsWith("--") && !PROXY_TAKES.test(name))
    .map(({ name, value, flag }) => ({
      message: `kube-proxy ignores a flag, since it has --config: ${name}${value === undefined ? "" : `=${value.value}`}`,
      locations: [flag.location, (config.value ?? config.flag).location],
      fix: "Write it in kube-proxy's file, and remove the flag",
    }));
}

/** NW-B11 */
export const flagsAndFile = nodeRule({
  id: "NW-B11",
  severity: "warning",
  title: "No flag says other than the configuration file",
  stages: ["files"],
  places: [
    "kubelet.service: ExecStart, Environment, EnvironmentFile; kubelet-config.yaml",
    "kube-proxy.service: ExecStart",
  ],
  symptom:
    "A setting of the YAML file has no effect; `kubectl get --raw /api/v1/nodes/NODE/proxy/configz` shows another value.",
  why:
    "A flag of the kubelet comes before the same field of its file, also one out of $KUBELET_EXTRA_ARGS that a " +
    "package or an earlier installation has left in /etc/default/kubelet. kube-proxy is the other way round: with " +
    "--config it ignores its flags, but for --hostname-override and those of the log.",
  fix: "Keep the setting in the file and remove the flag.",
  provoked: { not: "needs a kubelet, which alone says what it has ended up with" },
  needs: ["files"],
  uses: ["kubeletUnit", "kubeletConfig", "kubeProxyUnit"],
  check({ files, kubeletUnit, kubeletConfig, kubeProxyUnit }) {
    const kubelet =
      kubeletUnit === undefined || kubeletConfig === undefined
        ? []
        : flagsOf(kubeletUnit, files).flatMap((given) => overridden(kubeletConfig, given));
    const proxy = kubeProxyUnit === undefined ? [] : ignored(flagsOf(kubeProxyUnit, files));
    return [...kubelet, ...proxy];
  },
});
