import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import { createUnixClient, type UnixClient } from "../../grpc/mod.ts";
import { idSet } from "../../machine/mod.ts";
import {
  type ContainerAllocateResponse,
  DevicePlugin,
  type DevicePluginOptions,
  type ListAndWatchResponse,
} from "../plugin-apis/mod.ts";
import type { Device } from "./device-shares.ts";

/** How long a plugin may take to answer its first call. */
const CONNECT_MS = 10_000;
/** How long a plugin may take to give devices: pods with shares come one at a time. */
const CALL_MS = 120_000;
/** How long a plugin that is gone still counts: it may only be restarting. */
const GRACE_MS = 5 * 60_000;

export interface PluginEvents {
  /** All devices that the plugin has now. */
  devices(devices: ReadonlyMap<string, Device>): void;
  stopped(): void;
}

/** The plugin of one resource: a connection to its socket for as long as it lives. */
export class PluginConnection {
  readonly resource: string;
  readonly #client: UnixClient<typeof DevicePlugin> | undefined;
  readonly #options: DevicePluginOptions | undefined;
  readonly #clock: Clock;
  #stoppedAt: number | undefined;

  private constructor(
    resource: string,
    clock: Clock,
    connected?: {
      readonly client: UnixClient<typeof DevicePlugin>;
      readonly options: DevicePluginOptions;
    },
  ) {
    this.resource = resource;
    this.#clock = clock;
    this.#client = connected?.client;
    this.#options = connected?.options;
    if (connected === undefined) this.#stoppedAt = clock.now();
  }

  /** One that was there before the agent was; until it registers again it has nothing to give. */
  static absent(resource: string, clock: Clock): PluginConnection {
    return new PluginConnection(resource, clock);
  }

  /** Rejects where the plugin does not answer. */
  static async connect(resource: string, path: string, clock: Clock): Promise<PluginConnection> {
    const client = createUnixClient(path, DevicePlugin);
    try {
      const options = await client.service.getDevicePluginOptions({}, { deadlineMs: CONNECT_MS });
      return new PluginConnection(resource, clock, { client, options });
    } catch (thrown) {
      client[Symbol.dispose]();
      throw new Error(`failed to get device plugin options: ${messageOf(thrown)}`, {
        cause: thrown,
      });
    }
  }

  get isStopped(): boolean {
    return this.#stoppedAt !== undefined;
  }
  /** True once nobody waits for it any more. */
  get isGone(): boolean {
    return this.#stoppedAt !== undefined && this.#clock.now() - this.#stoppedAt > GRACE_MS;
  }
  get wantsPreStart(): boolean {
    return this.#options?.preStartRequired ?? false;
  }
  get hasPreferences(): boolean {
    return this.#options?.getPreferredAllocationAvailable ?? false;
  }

  /** Listens until the plugin ends or the signal. */
  async watch(events: PluginEvents, log: Logger, signal: AbortSignal): Promise<void> {
    try {
      const answers = this.#service().listAndWatch({}, { signal });
      for await (const { devices } of answers) {
        // Another connection of the same resource counts now.
        if (this.isStopped) return;
        events.devices(new Map(devices.map(toDevice)));
      }
    } catch (thrown) {
      if (signal.aborted || this.isStopped) return;
      log.warn("A device plugin has ended", { resource: this.resource, error: messageOf(thrown) });
    }
    if (this.isStopped || signal.aborted) return;
    this.stop();
    events.stopped();
  }

  /** Ends the connection; a plugin that comes back makes a new one. */
  stop(): void {
    this.#stoppedAt ??= this.#clock.now();
    this.#client?.[Symbol.dispose]();
  }

  /** What a container is made with to have these devices. */
  async allocate(ids: readonly string[]): Promise<ContainerAllocateResponse> {
    const containerRequests = [{ devicesIds: [...ids] }];
    const { containerResponses } = await this.#service().allocate(
      { containerRequests },
      { deadlineMs: CALL_MS },
    );
    const [response] = containerResponses;
    if (response === undefined) throw new Error("no containers return in allocation response");
    return response;
  }

  /** The devices that the plugin would rather give; none where it does not care. */
  async preferred(wanted: {
    readonly available: readonly string[];
    readonly mustInclude: readonly string[];
    readonly size: number;
  }): Promise<readonly string[]> {
    if (!this.hasPreferences) return [];
    const { available, mustInclude, size } = wanted;
    try {
      const request = {
        ...{ availableDeviceIDs: [...available], mustIncludeDeviceIDs: [...mustInclude] },
        allocationSize: size,
      };
      const { containerResponses } = await this.#service().getPreferredAllocation(
        { containerRequests: [request] },
        { deadlineMs: CALL_MS },
      );
      return containerResponses[0]?.deviceIDs ?? [];
    } catch (thrown) {
      const why = messageOf(thrown);
      throw new Error(`device plugin GetPreferredAllocation rpc failed with err: ${why}`, {
        cause: thrown,
      });
    }
  }

  async preStart(ids: readonly string[]): Promise<void> {
    try {
      await this.#service().preStartContainer({ devicesIds: [...ids] }, { deadlineMs: CALL_MS });
    } catch (thrown) {
      const why = messageOf(thrown);
      throw new Error(`device plugin PreStartContainer rpc failed with err: ${why}`, {
        cause: thrown,
      });
    }
  }

  #service() {
    if (this.#client === undefined || this.isStopped) {
      throw new Error(`endpoint ${this.resource} has been stopped`);
    }
    return this.#client.service;
  }
}

const HEALTHY = "Healthy";

function toDevice(device: ListAndWatchResponse["devices"][number]): [string, Device] {
  const nodes = idSet((device.topology?.nodes ?? []).map(({ ID }) => Number(ID)));
  return [device.ID, { isHealthy: device.health === HEALTHY, nodes }];
}
