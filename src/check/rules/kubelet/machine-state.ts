import type { KubeletConfig } from "../../../config/mod.ts";
import { fileStart } from "../../certificate-findings.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";

const STATES = [
  { file: "/var/lib/kubelet/cpu_manager_state", option: "cpuManagerPolicy", standard: "none" },
  {
    file: "/var/lib/kubelet/memory_manager_state",
    option: "memoryManagerPolicy",
    standard: "None",
  },
] as const;

/** NW-C24 */
export const managerState = nodeRule({
  id: "NW-C24",
  severity: "error",
  title: "The policies of the CPU and memory managers are those of the kubelet's state files",
  stages: ["files", "machine"],
  places: [
    "configs/kubelet-config.yaml: cpuManagerPolicy, memoryManagerPolicy, reservedSystemCPUs",
    "/var/lib/kubelet/cpu_manager_state, memory_manager_state; what runs now",
  ],
  symptom:
    'The kubelet ends: `could not restore state from checkpoint: configured policy "static" differs ' +
    'from state checkpoint policy "none"`.',
  why:
    "The kubelet keeps which container has which CPUs over a restart, and refuses the file of " +
    "another policy: pods would run on with the old assignment.",
  fix: "Drain the node, stop the kubelet, delete the state file, start it.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig"],
  uses: ["files", "previous"],
  check({ kubeletConfig, files, previous }) {
    const before = previous?.kubeletConfig;
    const tree = previous?.files ?? files;
    const answers = STATES.map((state) => judgeState(kubeletConfig, state, { tree, before }));
    const found = answers.flatMap((answer) => answer ?? []);
    if (before !== undefined && !isWithout(tree, STATES[0].file)) {
      found.push(...judgeCpus(kubeletConfig, before));
    }
    if (found.length === 0 && answers.includes(undefined)) {
      return unknown("needs the machine, or what runs now: the kubelet's state files");
    }
    return found;
  },
});

/** True where the machine was read and has no such file; what is rendered has none either, and says nothing. */
function isWithout(tree: NodeTree | undefined, file: string): boolean {
  return tree?.isComplete === true && tree.get(file) === undefined;
}

/** Undefined where there is neither a state file nor what runs now. */
function judgeState(
  config: KubeletConfig,
  { file, option, standard }: (typeof STATES)[number],
  known: { readonly tree: NodeTree | undefined; readonly before: KubeletConfig | undefined },
): readonly Found[] | undefined {
  const policy = config.reader.textOrDefault([option]);
  const wanted = policy?.value ?? standard;
  const locations = policy === undefined ? [] : [policy.location];
  const state = known.tree?.get(file);
  if (state?.text !== undefined) {
    const found = policyIn(state.text);
    if (found === wanted) return [];
    const places = [...locations, fileStart(state.shown)];
    return [
      found === undefined
        ? { message: `The kubelet's state file cannot be read: ${file}`, locations: places }
        : {
            message: `The kubelet refuses to change ${option} from ${found} to ${wanted} while its state file is there: ${file}`,
            locations: places,
          },
    ];
  }
  // A machine that was read and has no such file: the kubelet begins a new one.
  if (isWithout(known.tree, file)) return [];
  if (known.before === undefined) return undefined;
  const old = known.before.reader.textOrDefault([option]);
  if ((old?.value ?? standard) === wanted) return [];
  return [
    {
      message: `${option} changes from ${old?.value ?? standard} to ${wanted}, and the running kubelet has a state file of the old one`,
      locations: [...locations, ...(old === undefined || old.isDefault ? [] : [old.location])],
    },
  ];
}

function judgeCpus(config: KubeletConfig, before: KubeletConfig): readonly Found[] {
  const path = ["reservedSystemCPUs"];
  const cpus = config.reader.textOrDefault(path);
  const old = before.reader.textOrDefault(path);
  const isStatic = (one: KubeletConfig) =>
    one.reader.textOrDefault(["cpuManagerPolicy"])?.value === "static";
  if (cpus?.value === old?.value || !isStatic(config) || !isStatic(before)) return [];
  return [
    {
      message: `reservedSystemCPUs changes from ${old?.value ?? "none"} to ${cpus?.value ?? "none"} under the policy static, which the state file does not follow`,
      locations: [
        cpus?.location ?? config.document.at(path),
        ...(old === undefined ? [] : [old.location]),
      ],
    },
  ];
}

function policyIn(text: string): string | undefined {
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state !== "object" || state === null || !("policyName" in state)) return undefined;
    return typeof state.policyName === "string" ? state.policyName : undefined;
  } catch {
    return undefined;
  }
}

/** What the kubelet sets itself where it may, and only compares with protectKernelDefaults. */
const KERNEL_DEFAULTS: Readonly<Record<string, string>> = {
  "vm.overcommit_memory": "1",
  "vm.panic_on_oom": "0",
  "kernel.panic": "10",
  "kernel.panic_on_oops": "1",
  "kernel.keys.root_maxkeys": "1000000",
  "kernel.keys.root_maxbytes": "25000000",
};

/** NW-C25 */
export const kernelDefaults = nodeRule({
  id: "NW-C25",
  severity: "error",
  title: "With protectKernelDefaults the kernel has the values that the kubelet would set",
  stages: ["machine"],
  places: ["configs/kubelet-config.yaml: protectKernelDefaults", "sysctls of kernel.* and vm.*"],
  symptom:
    "The kubelet ends: `Failed to start ContainerManager: [invalid kernel flag: vm/overcommit_memory, " +
    "expected value: 1, actual value: 0, ...`.",
  why:
    "Without protectKernelDefaults the kubelet sets six sysctls itself. With it, it compares them " +
    "for equality and gives up; most systems have other values than it wants.",
  fix: "Write them to a file in /etc/sysctl.d and run sysctl --system, or remove protectKernelDefaults.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "host"],
  check({ kubeletConfig, host }) {
    const protect = kubeletConfig.reader.boolean(["protectKernelDefaults"]);
    if (protect?.value !== true) return [];
    const found: Found[] = [];
    const unread: string[] = [];
    for (const [key, wanted] of Object.entries(KERNEL_DEFAULTS)) {
      const value = host.sysctls[key];
      if (value === undefined || value === null) unread.push(key);
      else if (value.trim() !== wanted) {
        found.push({
          message: `protectKernelDefaults wants ${key} to be ${wanted}: it is ${value}`,
          locations: [protect.location],
          fix: `Add "${key} = ${wanted}" to a file in /etc/sysctl.d, or remove protectKernelDefaults`,
        });
      }
    }
    if (found.length === 0 && unread.length > 0) {
      return unknown(`the machine does not say: ${unread.join(", ")}`);
    }
    return found;
  },
});
