import type { ContainerImage, NodeCondition, NodeStatus } from "kubernetes-types/core/v1";
import { KUBERNETES_VERSION } from "../../base/mod.ts";
import type { AgentSettings, Amounts } from "../config/mod.ts";
import { amountOfValue, type PressureCondition, type Signal } from "../config/mod.ts";
import type { DeviceCounts } from "../devices/mod.ts";
import { apiTime } from "../status/mod.ts";
import type { MachineInfo } from "./read-machine.ts";

/** What keeps the node from being ready; undefined where nothing does. */
export type NotReady = string | undefined;

export interface NodeStatusInput {
  readonly settings: AgentSettings;
  readonly machine: MachineInfo;
  /** What plugins have. */
  readonly devices: DeviceCounts;
  readonly addresses: readonly string[];
  /** `containerd://1.7.24` */
  readonly runtimeVersion: string;
  readonly notReady: NotReady;
  readonly pressures: readonly PressureCondition[];
  readonly images: readonly ContainerImage[];
  readonly previous: NodeStatus | undefined;
  readonly now: number;
}

/** A Node's status, as far as it is the agent's to write. */
export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { settings, machine, addresses } = input;
  return {
    addresses: [
      ...addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: settings.nodeName },
    ],
    capacity: toQuantities({ ...amounts(settings, machine), ...input.devices.capacity }),
    allocatable: toQuantities({ ...allocatable(settings, machine), ...input.devices.allocatable }),
    conditions: conditions(input),
    daemonEndpoints: { kubeletEndpoint: { Port: settings.server.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion: KUBERNETES_VERSION,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
      ...(machine.swapBytes === 0 ? {} : { swap: { capacity: machine.swapBytes } }),
    },
    images: [...input.images],
  };
}

function amounts(settings: AgentSettings, machine: MachineInfo): Amounts {
  const pages = Object.entries(machine.hugePages).map(([size, bytes]) => [
    `hugepages-${size}`,
    bytes,
  ]);
  return {
    cpu: machine.cpus,
    memory: machine.memoryBytes,
    pods: maxPods(settings.pods, machine.cpus),
    "ephemeral-storage": machine.storageBytes,
    ...Object.fromEntries(pages),
  };
}

/** Pure: the smaller of the two limits. */
export function maxPods(
  { max, maxPerCore }: Pick<AgentSettings["pods"], "max" | "maxPerCore">,
  cpus: number,
): number {
  return maxPerCore === 0 ? max : Math.min(max, maxPerCore * cpus);
}

/** What pods may ask for: without what is reserved, and without what eviction keeps free. */
export function allocatable(settings: AgentSettings, machine: MachineInfo): Amounts {
  const { systemReserved, kubeReserved } = settings.node;
  const total = amounts(settings, machine);
  const kept: Amounts = {
    memory:
      keptFree(settings, "memory.available", machine.memoryBytes) +
      Object.values(machine.hugePages).reduce((sum, bytes) => sum + bytes, 0),
    "ephemeral-storage": keptFree(settings, "nodefs.available", machine.storageBytes),
  };
  return Object.fromEntries(
    Object.entries(total).map(([name, amount]) => {
      const taken = [systemReserved, kubeReserved, kept].map((one) => one[name] ?? 0);
      return [
        name,
        Math.max(
          0,
          taken.reduce((left, one) => left - one, amount),
        ),
      ];
    }),
  );
}

/** What eviction keeps free, which no pod is promised. */
function keptFree({ pressure }: AgentSettings, signal: Signal, capacity: number): number {
  const hard = pressure.thresholds.find((one) => one.signal === signal && one.graceMs === 0);
  return hard === undefined ? 0 : amountOfValue(hard.value, capacity);
}

function toQuantities(values: Amounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, amount]) => [name, quantity(name, amount)]),
  );
}

function quantity(name: string, amount: number): string {
  if (name === "memory" || name.startsWith("hugepages-")) return `${Math.floor(amount / 1024)}Ki`;
  if (name === "cpu" && !Number.isInteger(amount)) return `${Math.floor(amount * 1000)}m`;
  return String(Math.floor(amount));
}

type Reason = readonly [reason: string, message: string];

const PRESSURES: readonly (readonly [type: PressureCondition, yes: Reason, no: Reason])[] = [
  [
    "MemoryPressure",
    ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
    ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ],
  [
    "DiskPressure",
    ["KubeletHasDiskPressure", "kubelet has disk pressure"],
    ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ],
  [
    "PIDPressure",
    ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
    ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ],
];

/** Ready is the last one: it is written after everything that it depends on. */
function conditions(input: NodeStatusInput): NodeCondition[] {
  const { notReady } = input;
  return [
    ...PRESSURES.map(([type, yes, no]) => {
      const has = input.pressures.includes(type);
      return condition(input, type, has ? ["True", ...yes] : ["False", ...no]);
    }),
    notReady === undefined
      ? condition(input, "Ready", ["True", "KubeletReady", "kubelet is posting ready status"])
      : condition(input, "Ready", ["False", "KubeletNotReady", notReady]),
  ];
}

function condition(
  { previous, now }: NodeStatusInput,
  type: string,
  [status, reason, message]: readonly [string, string, string],
): NodeCondition {
  const before = previous?.conditions?.find((one) => one.type === type);
  const stays = before?.status === status ? before.lastTransitionTime : undefined;
  const time = apiTime(now);
  return {
    ...{ type, status, reason, message },
    lastHeartbeatTime: time,
    lastTransitionTime: stays ?? time,
  };
}
