import type { ContainerImage, NodeStatus, Node as V1Node } from "kubernetes-types/core/v1";
import type { Clock, Logger } from "../../base/mod.ts";
import type { CriClient, Image } from "../../cri/mod.ts";
import { hasStatus, type KubeClient } from "../../kube/client/mod.ts";
import { API, type ApiObject } from "../api/mod.ts";
import type { AgentSettings, PressureCondition } from "../config/mod.ts";
import type { DeviceManager } from "../devices/mod.ts";
import { nodeStatus } from "./node-status.ts";
import { defaultLabels } from "./node-view.ts";
import type { MachineInfo } from "./read-machine.ts";

export interface NodeReporterDeps {
  readonly client: KubeClient;
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AgentSettings;
  readonly machine: MachineInfo;
  readonly addresses: readonly string[];
  readonly runtimeVersion: string;
  readonly notReady: () => Promise<string | undefined>;
  readonly pressures: () => readonly PressureCondition[];
  readonly devices: Pick<DeviceManager, "counts">;
  /** Is told once where the Node that is there was written before the machine's last boot. */
  readonly onReboot: () => void;
}

type Node = ApiObject<V1Node>;

const RETRY_MS = { first: 100, most: 7000 } as const;
/** Until the node is ready for the first time, its state is looked at this often. */
const FAST_MS = 100;

/** Registers the node and keeps its status: written when something changed, or long enough ago. */
export class NodeReporter {
  readonly #deps: NodeReporterDeps;
  #written: NodeStatus | undefined;
  #writtenAt = 0;
  #uid = "";
  #hurry = new AbortController();

  constructor(deps: NodeReporterDeps) {
    this.#deps = deps;
  }

  /** The Node's uid, once it is registered. */
  get uid(): string {
    return this.#uid;
  }

  /** Registers, then reports until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, settings } = this.#deps;
    let either = AbortSignal.any([signal, this.#hurry.signal]);
    await this.#register(signal);
    while (!signal.aborted) {
      const isReady = await this.#report(signal).catch((thrown: unknown) => {
        if (!signal.aborted) log.error("Cannot write the node's status", { error: String(thrown) });
        return true;
      });
      const pause = isReady ? settings.node.statusUpdateMs : FAST_MS;
      await clock.sleep(pause, either).catch(() => {});
      if (!this.#hurry.signal.aborted) continue;
      this.#hurry = new AbortController();
      either = AbortSignal.any([signal, this.#hurry.signal]);
    }
  }

  /** The node has changed: its status is written at once. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { clock, log, settings } = this.#deps;
    let retryMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      try {
        const node = settings.node.register
          ? await this.#create(signal)
          : await this.#deps.client.get(API.nodes, { name: settings.nodeName }, { signal });
        this.#uid = node.metadata.uid ?? "";
        this.#written = node.status;
        if (hasRebooted(node.status, this.#deps.machine)) this.#deps.onReboot();
        log.info("Registered the node", { node: settings.nodeName });
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        log.warn("Cannot register the node", { error: String(thrown) });
        await clock.sleep(retryMs, signal).catch(() => {});
        retryMs = Math.min(retryMs * 2, RETRY_MS.most);
      }
    }
  }

  async #create(signal: AbortSignal): Promise<Node> {
    const { client, settings } = this.#deps;
    const { nodeName: name, node } = settings;
    const metadata = {
      name,
      labels: { ...defaultLabels(settings, this.#deps.machine), ...settings.nodeLabels },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    };
    const spec = {
      ...(node.providerId === "" ? {} : { providerID: node.providerId }),
      ...(node.taints.length === 0 ? {} : { taints: node.taints }),
    };
    try {
      const status = await this.#status(signal);
      const object = { apiVersion: "v1", kind: "Node", metadata, spec, status };
      return await client.create(API.nodes, object, { signal });
    } catch (thrown) {
      if (!hasStatus(thrown, 409) && !hasStatus(thrown, 403)) throw thrown;
      const found = await client.get(API.nodes, { name }, { signal });
      const labels = defaultLabels(settings, this.#deps.machine);
      const isLabelled = Object.entries(labels).every(
        ([key, value]) => found.metadata.labels?.[key] === value,
      );
      if (isLabelled) return found;
      const patch = { type: "merge" as const, value: { metadata: { labels } } };
      return await client.patch(API.nodes, { name }, patch, { signal });
    }
  }

  /** True where the node is ready. */
  async #report(signal: AbortSignal): Promise<boolean> {
    const { client, clock, settings } = this.#deps;
    const status = await this.#status(signal);
    const isReady = status.conditions?.some(
      ({ type, status: s }) => type === "Ready" && s === "True",
    );
    const isDue = clock.now() - this.#writtenAt >= settings.node.statusReportMs;
    if (isDue || !Bun.deepEquals(comparable(status), comparable(this.#written))) {
      const patch = { type: "strategic" as const, value: { status } };
      const at = { name: settings.nodeName, subresource: "status" };
      await client.patch(API.nodes, at, patch, { signal });
      this.#written = status;
      this.#writtenAt = clock.now();
    }
    return isReady === true;
  }

  async #status(signal: AbortSignal): Promise<NodeStatus> {
    const { cri, settings, machine, addresses, runtimeVersion, clock } = this.#deps;
    const notReady = await this.#deps.notReady();
    const listed =
      notReady === undefined ? (await cri.image.listImages({}, { signal })).images : [];
    return nodeStatus({
      devices: this.#deps.devices.counts,
      ...{ settings, machine, addresses, runtimeVersion, notReady },
      pressures: this.#deps.pressures(),
      images: largestImages(listed, settings.node.maxImages),
      previous: this.#written,
      now: clock.now(),
    });
  }
}

/** Names that an image may have in a status. */
const MAX_NAMES = 5;

function largestImages(images: readonly Image[], most: number): ContainerImage[] {
  const sorted = [...images].sort((a, b) => Number(b.size - a.size));
  return (most < 0 ? sorted : sorted.slice(0, most)).map(({ repoTags, repoDigests, size }) => ({
    names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES),
    sizeBytes: Number(size),
  }));
}

/** The part that a change of matters: heartbeats are none. */
function comparable(status: NodeStatus | undefined): unknown {
  const { addresses, capacity, allocatable, conditions, nodeInfo, images } = status ?? {};
  const OWN = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];
  return {
    ...{ addresses, capacity, allocatable, images },
    kubelet: [nodeInfo?.kubeletVersion, nodeInfo?.containerRuntimeVersion, nodeInfo?.bootID],
    conditions: conditions
      ?.filter(({ type }) => OWN.includes(type))
      .map(({ type, status: s, reason, message }) => [type, s, reason, message]),
  };
}

/** True where a status was written in another boot of the machine. */
export function hasRebooted(
  status: NodeStatus | undefined,
  { bootId }: Pick<MachineInfo, "bootId">,
): boolean {
  const before = status?.nodeInfo?.bootID ?? "";
  return before !== "" && before !== bootId;
}
