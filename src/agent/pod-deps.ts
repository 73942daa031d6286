import { readFile } from "node:fs/promises";
import type { Logger } from "../base/mod.ts";
import { NodeAdmission } from "./admission/mod.ts";
import type { PodEvents } from "./api/events.ts";
import type { ApiSide } from "./api-side.ts";
import type { Claims } from "./claims/mod.ts";
import { podDevices } from "./devices/mod.ts";
import type { Foundation } from "./foundation.ts";
import { ImagePuller } from "./images/image-puller.ts";
import { parseResolvConf } from "./network/mod.ts";
import { allocatable, nodeView } from "./node/mod.ts";
import type { PodDeps } from "./pods/pod-context.ts";
import { ProbeMetrics } from "./probes/probe-metrics.ts";
import { openCgroupTree } from "./resources/cgroup-tree.ts";
import type { MemoryQos } from "./resources/memory-qos.ts";
import { PodCgroups } from "./resources/pod-cgroups.ts";
import { canLimitSwap } from "./resources/swap.ts";
import { RuntimeReader } from "./runtime/runtime-reader.ts";
import { readTerminationMessage } from "./runtime/termination-message.ts";
import { emptyDirPlugin } from "./volumes/empty-dir.ts";
import { hostPathPlugin } from "./volumes/host-path.ts";
import { Volumes } from "./volumes/volumes.ts";

const USER_AGENT = "kube-probe/1.36";

/** What pods' workers work with. */
export function podDeps(
  foundation: Foundation,
  { api, claims }: { readonly api: ApiSide | undefined; readonly claims: Claims },
): PodDeps {
  const { settings, cri, log, clock, machine, addresses, devices, places } = foundation;
  const known = () => ({ ...machine, devices: devices.admissible });
  const events = api?.events ?? logEvents(log);
  const { nodeName } = settings;
  const cgroups = new PodCgroups(openCgroupTree(), settings.cgroups, (uid) =>
    places.hasExclusiveCpus(uid),
  );
  return {
    ...{ cri, log, clock, settings, events, places },
    ...{ claims, devices: podDevices(devices, claims) },
    reader: new RuntimeReader(cri, readTerminationMessage),
    images: new ImagePuller({
      ...{ cri, clock, events },
      credentials: async (pod, image) => (await api?.credentials(pod, image)) ?? [],
    }),
    volumes: new Volumes(settings.paths, [
      emptyDirPlugin,
      hostPathPlugin,
      ...(api?.volumePlugins() ?? []),
    ]),
    admission: new NodeAdmission({
      unsafeSysctls: settings.pods.unsafeSysctls,
      node: () => nodeView(api?.node, settings, known()),
      fetchNode: async () => nodeView(await api?.fetchNode(), settings, known()),
      pressures: () => foundation.board.conditions,
      shares: places,
    }),
    cgroups,
    hostDns: async () => {
      const { resolvConf } = settings.pods;
      return resolvConf === "" ? undefined : parseResolvConf(await readFile(resolvConf, "utf8"));
    },
    hostIPs: () => addresses,
    environmentSources: async (pod, podIPs) =>
      (await api?.environmentSources(pod, podIPs)) ?? {
        services: [],
        data: () => undefined,
        fields: { nodeName, hostIPs: addresses, podIPs },
        allocatable: allocatable(settings, machine),
      },
    runtimeHandler: async (pod) => {
      if (api !== undefined) return await api.runtimeHandler(pod);
      const { runtimeClassName: name = "" } = pod.spec;
      if (name !== "") throw new Error(`RuntimeClass "${name}" needs the API server`);
      return "";
    },
    machineLimits: {
      memoryCapacity: machine.memoryBytes,
      swap: {
        behavior: settings.pods.swapBehavior,
        isLimitable: canLimitSwap(cgroups.isV2),
        swapCapacity: machine.swapBytes,
      },
      ...memoryQos(foundation),
      hugePageSizes: Object.keys(machine.hugePages).map((size) => size.replace(/i$/, "B")),
    },
    userAgent: USER_AGENT,
    probeMetrics: new ProbeMetrics(),
  };
}

/** Nothing without its feature gate. */
function memoryQos({ settings, machine }: Foundation): { readonly memoryQos?: MemoryQos } {
  const { throttlingFactor, reservesMemory } = settings.cgroups;
  if (throttlingFactor === undefined) return {};
  const allocatableBytes = allocatable(settings, machine)["memory"] ?? 0;
  return { memoryQos: { throttlingFactor, reserves: reservesMemory, allocatableBytes } };
}

/** Without an API server events are lines of the log. */
function logEvents(log: Logger): PodEvents {
  return {
    record: (pod, { type, reason, message, container }) => {
      const { name, namespace } = pod.metadata;
      log.info(message, { type, reason, container, pod: `${namespace}/${name}` }, 1);
    },
  };
}
