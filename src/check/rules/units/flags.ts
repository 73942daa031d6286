import {
  KUBELET_FLAGS,
  type KubeletConfig,
  type PlainValue,
  toPlain,
} from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS } from "../../unit-facts.ts";
import { filesNotRead } from "./files-not-read.ts";
import { flagsOf, type Given } from "./given-flags.ts";

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

/** A file of a package's that a unit of another's reads: installers have theirs beside their own. */
function isLeftOver({ flag }: Given): boolean {
  return /^\/etc\/(?:default|sysconfig)\//.test(flag.location.file);
}

/** Of a flag that is given several times the last one, as the kubelet takes it. */
function lastOfEach(flags: readonly Given[]): readonly Given[] {
  return flags.filter(({ name }, i) => !flags.slice(i + 1).some((later) => later.name === name));
}

function overridden(config: KubeletConfig, given: Given): Found[] {
  const key = KUBELET_FLAGS[given.name];
  if (key === undefined || key === "") return [];
  const path = key.split(".");
  const node = config.files.node(path);
  const flag = given.value?.value ?? "true";
  const from = given.isIndirect ? ` (in a variable of ${given.flag.location.file})` : "";
  if (node === undefined) {
    // On the command line itself it is at least seen; out of a package's file it is a left-over.
    if (!given.isIndirect || !isLeftOver(given)) return [];
    return [
      {
        message: `A flag sets what the kubelet's file leaves to its default: ${given.name}=${flag}${from}, ${key}`,
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
      locations: [given.flag.location, config.files.at(path)],
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

/** kubeadm's: /etc/default/kubelet is where its unit has the administrator's own flags. */
function isOfPackage({ path }: UnitFact): boolean {
  return !path.startsWith("/etc/");
}

/** NW-B11 */
export const flagsAndFile = nodeRule({
  id: "NW-B11",
  severity: "warning",
  title: "Each unit's flags lead to its configuration file and do not contradict it",
  stages: ["files"],
  places: [
    "kubelet.service: ExecStart, Environment, EnvironmentFile; kubelet-config.yaml",
    "kube-proxy.service, containerd.service: ExecStart",
  ],
  symptom:
    "A setting of the YAML file has no effect; `kubectl get --raw /api/v1/nodes/NODE/proxy/configz` shows another value.",
  why:
    "A flag of the kubelet comes before the same field of its file, also one out of $KUBELET_EXTRA_ARGS that a " +
    "package or an earlier installation has left in /etc/default/kubelet. kube-proxy is the other way round: with " +
    "--config it ignores its flags, but for --hostname-override and those of the log. Without --config both " +
    "have their defaults, whatever files there are; a kubelet without --kubeconfig runs static pods alone.",
  fix: "Keep the setting in the file and remove the flag.",
  provoked: { not: "needs a kubelet, which alone says what it has ended up with" },
  needs: ["files"],
  uses: [...UNIT_FACTS, "kubeletConfig"],
  check(facts) {
    const { kubeletUnit, kubeletConfig, kubeProxyUnit } = facts;
    const kubelet =
      kubeletUnit === undefined ||
      kubeletConfig === undefined ||
      // kubelet-arg of k3s and RKE2 is where the administrator's values belong.
      kubeletUnit.distribution !== undefined
        ? []
        : lastOfEach(flagsOf(kubeletUnit).flags).flatMap((given) =>
            isOfPackage(kubeletUnit) && isLeftOver(given) ? [] : overridden(kubeletConfig, given),
          );
    const proxy = kubeProxyUnit === undefined ? [] : ignored(flagsOf(kubeProxyUnit).flags);
    return [...filesNotRead(facts), ...kubelet, ...proxy];
  },
});
