import type { Clock, Logger } from "../../base/mod.ts";
import type { CriClient } from "../../cri/mod.ts";
import type { NodeAdmission } from "../admission/mod.ts";
import type { PodEvents } from "../api/events.ts";
import type { Pod } from "../api/mod.ts";
import type { Claims } from "../claims/mod.ts";
import type { AgentSettings } from "../config/mod.ts";
import type { PodDevices } from "../devices/mod.ts";
import type { EnvironmentSources } from "../environment/mod.ts";
import type { ImagePuller } from "../images/image-puller.ts";
import type { DnsConfig } from "../network/mod.ts";
import type { Places } from "../placement/mod.ts";
import type { ProbeMetrics } from "../probes/probe-metrics.ts";
import type { ResourceOptions } from "../resources/container-resources.ts";
import type { PodCgroups } from "../resources/pod-cgroups.ts";
import type { RuntimeReader } from "../runtime/runtime-reader.ts";
import type { Volumes } from "../volumes/volumes.ts";

/** What every pod's worker works with. */
export interface PodDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AgentSettings;
  readonly reader: RuntimeReader;
  readonly events: PodEvents;
  readonly images: ImagePuller;
  readonly volumes: Volumes;
  readonly cgroups: PodCgroups;
  readonly admission: NodeAdmission;
  /** What pods have for themselves alone, and where they run for it. */
  readonly places: Places;
  readonly devices: PodDevices;
  readonly claims: Pick<Claims, "prepare" | "unprepare">;
  /** The node's own resolver, as it is now. */
  readonly hostDns: () => Promise<DnsConfig | undefined>;
  readonly hostIPs: () => readonly string[];
  /** Waits for what the environment needs, then gives it. */
  readonly environmentSources: (pod: Pod, podIPs: readonly string[]) => Promise<EnvironmentSources>;
  /** What the runtime calls the pod's RuntimeClass; "" for its default. */
  readonly runtimeHandler: (pod: Pod) => Promise<string>;
  /** What the machine has that limits depend on. */
  readonly machineLimits: Pick<
    ResourceOptions,
    "memoryCapacity" | "swap" | "hugePageSizes" | "memoryQos"
  >;
  /** `kube-probe/1.36`: what probes and hooks call themselves. */
  readonly userAgent: string;
  readonly probeMetrics: ProbeMetrics;
}
