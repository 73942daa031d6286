import { formatBytes } from "../../../base/mod.ts";
import {
  evictionThreshold,
  type KubeletConfig,
  reservationPlaces,
  reserved,
} from "../../../config/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { listed } from "../../setting.ts";

const ENFORCEMENTS = [
  { name: "system-reserved", field: "systemReservedCgroup" },
  { name: "kube-reserved", field: "kubeReservedCgroup" },
] as const;

/** NW-C21 */
export const allocatableEnforcement = nodeRule({
  id: "NW-C21",
  severity: "error",
  title: "What enforceNodeAllocatable enforces has its control group",
  stages: ["files", "machine"],
  places: [
    "configs/kubelet-config.yaml: enforceNodeAllocatable, systemReservedCgroup, kubeReservedCgroup, reservedSystemCPUs, cgroupsPerQOS",
    "/sys/fs/cgroup",
  ],
  symptom:
    "The kubelet ends: `invalid configuration: systemReservedCgroup must be specified when ...`, or " +
    "`Failed to start ContainerManager ... Failed to enforce System Reserved Cgroup Limits ... " +
    "cgroup does not exist`.",
  why:
    "To hold the system's or its own processes to what is reserved, the kubelet writes limits into " +
    "a control group that somebody else has to make: it makes none itself. With the systemd driver " +
    'the name "/kube" stands for kube.slice.',
  fix: "Add the field and create the slice, or enforce pods alone: enforceNodeAllocatable: [pods].",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig"],
  uses: ["host"],
  check({ kubeletConfig, host }) {
    return [
      ...judgeList(kubeletConfig),
      ...judgeFields(kubeletConfig),
      ...judgeSlices(kubeletConfig),
      ...judgeGroups(kubeletConfig, host),
    ];
  },
});

/** enforceNodeAllocatable by itself, and with cgroupsPerQOS. */
function judgeList({ reader }: KubeletConfig): readonly Found[] {
  const enforced = reader.texts(["enforceNodeAllocatable"]);
  const found: Found[] = [];
  const names = enforced.map(({ value }) => value);
  const none = enforced.find(({ value }) => value === "none");
  if (none !== undefined && enforced.length > 1) {
    found.push({
      message: `enforceNodeAllocatable says none and something else: ${names.join(", ")}`,
      locations: [none.location],
    });
  }
  for (const [index, { value, location }] of enforced.entries()) {
    const first = names.indexOf(value);
    if (first < index) {
      const other = enforced[first]?.location;
      found.push({
        message: `enforceNodeAllocatable has the same word twice: ${value}`,
        locations: other === undefined ? [location] : [location, other],
      });
    }
  }
  const perQos = reader.boolean(["cgroupsPerQOS"]);
  const [any] = enforced.filter(({ value }) => value !== "none");
  if (perQos?.value === false && any !== undefined) {
    found.push({
      message: `cgroupsPerQOS is false, and enforceNodeAllocatable ${any.isDefault ? "is not set, which means" : "has"} ${any.value}`,
      locations: [perQos.location, ...(any.isDefault ? [] : [any.location])],
      fix: "Remove cgroupsPerQOS, or set enforceNodeAllocatable: [none]",
    });
  }
  return found;
}

/** What is enforced and the fields that it needs, or that exclude it. */
function judgeFields({ reader, document }: KubeletConfig): readonly Found[] {
  const enforced = reader.texts(["enforceNodeAllocatable"]);
  const found: Found[] = [];
  for (const { name, field } of ENFORCEMENTS) {
    const uses = enforced.filter(({ value }) => value === name || value === `${name}-compressible`);
    const [use, more] = uses;
    if (use !== undefined && more !== undefined && use.value !== more.value) {
      found.push({
        message: `enforceNodeAllocatable has both ${name} and ${name}-compressible`,
        locations: [more.location, use.location],
      });
    }
    if (use !== undefined && reader.textOrDefault([field]) === undefined) {
      found.push({
        message: `enforceNodeAllocatable has ${use.value}, and ${field} is not set`,
        locations: [use.location],
        fix: `Set ${field}, or take ${use.value} out`,
      });
    }
  }
  const cpus = reader.textOrDefault(["reservedSystemCPUs"]);
  for (const { field } of ENFORCEMENTS) {
    const group = reader.textOrDefault([field]);
    if (cpus === undefined || group === undefined) continue;
    found.push({
      message: `reservedSystemCPUs and ${field} exclude each other`,
      locations: [document.at([field]), cpus.location],
      fix: `Remove ${field}`,
    });
  }
  return found;
}

/** With the driver systemd every group is a slice: a service's name gets another ending. */
function judgeSlices({ reader, cgroupDriver }: KubeletConfig): readonly Found[] {
  if (cgroupDriver.value !== "systemd") return [];
  return ENFORCEMENTS.flatMap(({ field }): Found[] => {
    const group = reader.textOrDefault([field]);
    const last = group?.value.split("/").at(-1) ?? "";
    if (group === undefined || !/\.(?:service|scope)$/.test(last)) return [];
    return [
      {
        message: `${field} becomes ${last}.slice with cgroupDriver: systemd, which nobody creates: ${group.value}`,
        locations: [group.location, ...(cgroupDriver.isDefault ? [] : [cgroupDriver.location])],
        fix: `Write a slice, such as /${last.replace(/\.\w+$/, "")}.slice, and Slice= with its name in the unit`,
      },
    ];
  });
}

/** The first part of a group's path, which is what the machine's listing has. */
function judgeGroups(config: KubeletConfig, host: HostFacts | undefined): readonly Found[] {
  const there = host?.cgroup?.topLevel;
  if (there === undefined || there === null) return [];
  const isSystemd = config.cgroupDriver.value === "systemd";
  const enforced = config.reader.texts(["enforceNodeAllocatable"]).map(({ value }) => value);
  return ENFORCEMENTS.flatMap(({ name, field }): Found[] => {
    const group = config.reader.textOrDefault([field]);
    if (group === undefined || !enforced.some((word) => word.startsWith(name))) return [];
    const [first = ""] = group.value.replace(/^\/+/, "").split("/");
    const top = isSystemd ? `${first.replace(/\.slice$/, "").split("-")[0]}.slice` : first;
    if (there.includes(top)) return [];
    return [
      {
        message: `${field} names a control group that the machine does not have: ${group.value}${isSystemd ? ` (${top})` : ""}`,
        locations: [group.location],
        fix: isSystemd
          ? `Add a unit ${top} and start it, or take ${name} out of enforceNodeAllocatable`
          : `Create /sys/fs/cgroup/${first} at every boot, or take ${name} out of enforceNodeAllocatable`,
      },
    ];
  });
}

/** NW-C22 */
export const reservedCapacity = nodeRule({
  id: "NW-C22",
  severity: "error",
  title: "What is reserved leaves something of the machine to pods",
  stages: ["machine"],
  places: [
    "configs/kubelet-config.yaml: systemReserved, kubeReserved, evictionHard, reservedSystemCPUs",
    "memory, CPUs and the disk of /var/lib/kubelet",
  ],
  symptom:
    'The kubelet ends: `invalid Node Allocatable configuration. Resource "memory" has a reservation ' +
    "of 10Gi but capacity of 8Gi`; or nothing is ever scheduled: `Insufficient memory`.",
  why: "Allocatable is the capacity less systemReserved, kubeReserved and evictionHard.",
  fix: "Reserve less, or use a larger machine.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "host"],
  check({ kubeletConfig, host }) {
    const found: Found[] = [];
    const { memory, cpuCount } = host;
    const disk = host.disks["/var/lib/kubelet"];
    const judge = (resource: string, capacity: number, signal?: string): void => {
      const kept = reserved(kubeletConfig, resource);
      const threshold = signal === undefined ? undefined : evictionThreshold(kubeletConfig, signal);
      const eviction = threshold?.bytes ?? (threshold?.share ?? 0) * capacity;
      if (kept + eviction < capacity) return;
      const show = resource === "cpu" ? String : formatBytes;
      const also = eviction === 0 ? "" : `, evictionHard ${threshold?.text ?? ""}`;
      found.push({
        message: `No ${resource} is left to pods: reserved ${show(kept)}${also}, and the machine has ${show(capacity)}`,
        locations: [
          ...reservationPlaces(kubeletConfig, resource),
          ...(eviction === 0 ? [] : [kubeletConfig.document.at(["evictionHard", signal ?? ""])]),
        ],
      });
    };
    if (memory !== null) judge("memory", memory.totalBytes, "memory.available");
    if (cpuCount !== null) judge("cpu", cpuCount);
    if (disk !== undefined) judge("ephemeral-storage", disk.totalBytes, "nodefs.available");
    if (cpuCount !== null) found.push(...judgeCpus(kubeletConfig, cpuCount));
    const unread = [...(memory === null ? ["memory"] : []), ...(cpuCount === null ? ["CPUs"] : [])];
    if (found.length === 0 && unread.length > 0) {
      return unknown(`the machine's ${listed(unread)} could not be read`);
    }
    return found;
  },
});

function judgeCpus({ reader }: KubeletConfig, cpuCount: number): readonly Found[] {
  const cpus = reader.textOrDefault(["reservedSystemCPUs"]);
  const numbers = cpus?.value.match(/\d+/g)?.map(Number) ?? [];
  const last = Math.max(-1, ...numbers);
  if (cpus === undefined || last < cpuCount) return [];
  return [
    {
      message: `reservedSystemCPUs names CPU ${last}, and the machine's last is ${cpuCount - 1}: ${cpus.value}`,
      locations: [cpus.location],
    },
  ];
}
