import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import type { IdSet } from "../../machine/mod.ts";
import { type Container, isSidecar, type Pod } from "../api/mod.ts";
import {
  AllocationError,
  type Hint,
  type Hints,
  type ResourceProvider,
  shareTakers,
} from "../placement/mod.ts";
import type { PluginHandler } from "../plugin-watcher/mod.ts";
import { chooseDevices } from "./choose-devices.ts";
import { hintsOfResources } from "./device-hints.ts";
import { PluginConnection } from "./device-plugin.ts";
import { podRequests, requestsOf } from "./device-requests.ts";
import { type ContainerDevices, type Device, DeviceShares } from "./device-shares.ts";
import { DeviceState } from "./device-state.ts";
import { refuse } from "./refuse-plugin.ts";

export interface DeviceManagerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** The machine's NUMA nodes. */
  readonly nodes: IdSet;
  /** kubelet_internal_checkpoint */
  readonly path: string;
}

/** Is told when the node's devices change, and the pods whose devices are well or not now. */
export type DeviceListener = (podUids: ReadonlySet<string>) => void;

/** What the node has of each resource that a plugin has, or had until lately. */
export interface DeviceCounts {
  readonly capacity: Readonly<Record<string, number>>;
  readonly allocatable: Readonly<Record<string, number>>;
}

type Devices = ReadonlyMap<string, Device>;
const NONE: Devices = new Map();

/** Devices of plugins: which there are, whether they are well, and which container has them. */
export class DeviceManager implements ResourceProvider {
  readonly #options: DeviceManagerOptions;
  readonly #state: DeviceState;
  readonly #plugins = new Map<string, PluginConnection>();
  readonly #devices = new Map<string, Devices>();
  /** Resources whose plugins are gone for good: the node says that it has none of them. */
  readonly #gone = new Set<string>();
  readonly #listeners = new Set<DeviceListener>();
  #shares = new DeviceShares();
  /** Devices of init containers of the pod that came last, by resource: others of it may take them over. */
  #reusable: { readonly podUid: string; readonly devices: Map<string, readonly string[]> } = {
    podUid: "",
    devices: new Map(),
  };

  /** With what was given away before; a checkpoint that cannot be trusted is passed over, and said so. */
  static async open(options: DeviceManagerOptions): Promise<DeviceManager> {
    const manager = new DeviceManager(options);
    await manager.#restore();
    return manager;
  }

  private constructor(options: DeviceManagerOptions) {
    this.#options = options;
    this.#state = new DeviceState(options.path);
  }

  /** A plugin at this socket has the resource from now on. Rejects where it does not answer. */
  async connect(resource: string, path: string): Promise<void> {
    const { clock, log, signal } = this.#options;
    const plugin = await PluginConnection.connect(resource, path, clock);
    this.#plugins.get(resource)?.stop();
    this.#plugins.set(resource, plugin);
    this.#gone.delete(resource);
    if (!this.#devices.has(resource)) this.#devices.set(resource, NONE);
    log.info("A device plugin has registered", { resource });
    void plugin.watch(
      {
        devices: (devices) => this.#update(resource, devices),
        stopped: () => this.#update(resource, unhealthy(this.#devices.get(resource) ?? NONE)),
      },
      log,
      signal,
    );
  }

  subscribe(listener: DeviceListener): void {
    this.#listeners.add(listener);
  }

  /** Plugins that are found by their socket in plugins_registry. */
  readonly pluginHandler: PluginHandler = {
    register: async ({ name, endpoint, versions }) => {
      const refusal = refuse({ version: versions[0] ?? "", resourceName: name });
      if (refusal !== undefined) throw new Error(refusal);
      await this.connect(name, endpoint);
    },
    // The end of its stream says so, and its devices are waited for a while.
    deregister: () => {},
  };

  /** Ends with the agent: plugins go on. */
  close(): void {
    for (const plugin of this.#plugins.values()) plugin.stop();
  }

  /** What the node has. */
  get counts(): DeviceCounts {
    this.#forgetGone();
    const zero = [...this.#gone].map((resource) => [resource, 0] as const);
    const all = [...this.#devices];
    return {
      capacity: Object.fromEntries([
        ...zero,
        ...all.map(([name, { size }]) => [name, size] as const),
      ]),
      allocatable: Object.fromEntries([
        ...zero,
        ...all.map(([name]) => [name, this.#healthy(name).length] as const),
      ]),
    };
  }

  /** For admission: at least what is given away already, also where its plugin is not there. */
  get admissible(): Readonly<Record<string, number>> {
    const { allocatable } = this.counts;
    const used = [...this.#shares.resources].map(
      (name) => [name, Math.max(allocatable[name] ?? 0, this.#shares.inUse(name).size)] as const,
    );
    return { ...allocatable, ...Object.fromEntries(used) };
  }

  /** Healthy devices by resource, whoever has them. */
  get allocatable(): ReadonlyMap<string, Devices> {
    return new Map(
      [...this.#devices].map(([name, all]) => [
        name,
        new Map([...all].filter(([, { isHealthy }]) => isHealthy)),
      ]),
    );
  }

  ofContainer(podUid: string, container: string): ContainerDevices {
    return this.#shares.ofContainer(podUid, container);
  }

  isHealthy(resource: string, id: string): boolean {
    return this.#devices.get(resource)?.get(id)?.isHealthy ?? true;
  }

  /** Tells plugins that want it that a container of theirs is about to be made. */
  async preStart(podUid: string, container: string): Promise<void> {
    for (const [resource, { devices }] of this.ofContainer(podUid, container)) {
      const plugin = this.#plugins.get(resource);
      if (plugin?.wantsPreStart === true) await plugin.preStart([...devices.keys()]);
    }
  }

  concerns(pod: Pod): boolean {
    return podRequests(pod, this.#isKnown).size > 0;
  }

  hints(pod: Pod, container: Container): Hints {
    const { metadata } = pod;
    return this.#hints(requestsOf(pod, container, this.#isKnown), {
      own: (resource) => this.#shares.devices(metadata.uid, container.name, resource),
      reusable: (resource) => this.#reusableOf(metadata.uid, resource),
    });
  }

  podHints(pod: Pod): Hints {
    const { uid } = pod.metadata;
    return this.#hints(podRequests(pod, this.#isKnown), {
      own: (resource) => [
        ...new Set(
          shareTakers(pod).flatMap(({ name }) => this.#shares.devices(uid, name, resource)),
        ),
      ],
      reusable: () => [],
    });
  }

  async allocate(pod: Pod, container: Container, affinity: Hint): Promise<void> {
    const { uid: podUid } = pod.metadata;
    const { name } = container;
    for (const [resource, count] of requestsOf(pod, container, this.#isKnown)) {
      try {
        const ids = await this.#choose({ podUid, container: name, resource, count }, affinity);
        if (ids.length > 0) await this.#give({ podUid, container: name, resource }, ids);
      } catch (thrown) {
        throw AllocationError.unexpected(messageOf(thrown));
      }
    }
    this.#noteReusable(pod, container);
  }

  release(podUid: string): void {
    if (this.#shares.delete(podUid)) this.#write();
  }

  retain(podUids: ReadonlySet<string>): void {
    for (const uid of this.#shares.podUids) if (!podUids.has(uid)) this.release(uid);
  }

  readonly #isKnown = (resource: string): boolean =>
    this.#devices.has(resource) || this.#shares.resources.has(resource);

  #healthy(resource: string): readonly string[] {
    const all = this.#devices.get(resource) ?? NONE;
    return [...all].flatMap(([id, { isHealthy }]) => (isHealthy ? [id] : []));
  }

  #free(resource: string): readonly string[] {
    const used = this.#shares.inUse(resource);
    return this.#healthy(resource).filter((id) => !used.has(id));
  }

  #hints(
    requests: ReadonlyMap<string, number>,
    of: Readonly<Record<"own" | "reusable", (resource: string) => readonly string[]>>,
  ): Hints {
    return hintsOfResources(requests, (resource) => ({
      ...{ all: this.#devices.get(resource) ?? NONE, free: this.#free(resource) },
      ...{ own: of.own(resource), reusable: of.reusable(resource), nodes: this.#options.nodes },
    }));
  }

  /** Devices for a container that has none yet; the plugin has a say in it. */
  async #choose(
    wanted: {
      readonly podUid: string;
      readonly container: string;
      readonly resource: string;
      readonly count: number;
    },
    { nodes }: Hint,
  ): Promise<readonly string[]> {
    const { podUid, resource, count } = wanted;
    const before = this.#shares.devices(podUid, wanted.container, resource);
    if (before.length > 0) {
      if (before.length === count) return [];
      throw new Error(
        `pod "${podUid}" container "${wanted.container}" changed request for resource "${resource}" from ${before.length} to ${count}`,
      );
    }
    const plugin = this.#plugins.get(resource);
    if (plugin === undefined) throw new Error(`cannot allocate unregistered device ${resource}`);
    if (this.#healthy(resource).length === 0) {
      throw new Error(`no healthy devices present; cannot allocate unhealthy devices ${resource}`);
    }
    return await chooseDevices({
      ...{ resource, count, nodes, all: this.#devices.get(resource) ?? NONE },
      free: this.#free(resource),
      reusable: this.#reusableOf(podUid, resource),
      prefer: (request) => plugin.preferred(request),
    });
  }

  async #give(
    to: { readonly podUid: string; readonly container: string; readonly resource: string },
    ids: readonly string[],
  ): Promise<void> {
    const plugin = this.#plugins.get(to.resource);
    if (plugin === undefined) throw new Error(`unknown Device Plugin ${to.resource}`);
    const response = await plugin.allocate(ids);
    const all = this.#devices.get(to.resource) ?? NONE;
    const devices = new Map(ids.map((id) => [id, all.get(id)?.nodes ?? []]));
    this.#shares.set({ ...to, share: { devices, response } });
    this.#write();
  }

  #reusableOf(podUid: string, resource: string): readonly string[] {
    return this.#reusable.podUid === podUid ? (this.#reusable.devices.get(resource) ?? []) : [];
  }

  /** An init container's devices are free for the next ones of its pod; nobody else's are. */
  #noteReusable(pod: Pod, { name }: Container): void {
    const { uid } = pod.metadata;
    if (this.#reusable.podUid !== uid) this.#reusable = { podUid: uid, devices: new Map() };
    const { devices } = this.#reusable;
    const isPassing = (pod.spec.initContainers ?? []).some(
      (one) => one.name === name && !isSidecar(one),
    );
    for (const [resource, share] of this.ofContainer(uid, name)) {
      const own = [...share.devices.keys()];
      const before = devices.get(resource) ?? [];
      const others = before.filter((id) => !own.includes(id));
      devices.set(resource, isPassing ? [...others, ...own] : others);
    }
  }

  #update(resource: string, devices: Devices): void {
    const before = this.#devices.get(resource) ?? NONE;
    this.#devices.set(resource, devices);
    const changed = [...devices].filter(([id, now]) => before.get(id)?.isHealthy !== now.isHealthy);
    this.#write();
    const ids = new Set(changed.map(([id]) => id));
    const podUids = this.#shares.holders(resource, ids);
    for (const listener of this.#listeners) listener(podUids);
  }

  #forgetGone(): void {
    const gone = [...this.#plugins.values()].filter(({ isGone }) => isGone);
    for (const { resource } of gone) {
      this.#plugins.delete(resource);
      this.#devices.delete(resource);
      this.#gone.add(resource);
    }
    if (gone.length > 0) this.#write();
  }

  #write(): void {
    const names = [...this.#devices.keys()];
    const registered = new Map(names.map((name) => [name, this.#healthy(name)]));
    try {
      this.#state.write({ shares: this.#shares, registered });
    } catch (thrown) {
      this.#options.log.error("Cannot keep who has which devices", { error: messageOf(thrown) });
    }
  }

  async #restore(): Promise<void> {
    const { log, clock } = this.#options;
    const found = await this.#state.read().catch((thrown: unknown) => {
      const error = messageOf(thrown);
      log.error("Cannot read who has which devices: they count as free", { error });
      return undefined;
    });
    if (found === undefined) return;
    this.#shares = found.shares;
    for (const resource of found.registered.keys()) {
      this.#plugins.set(resource, PluginConnection.absent(resource, clock));
      this.#devices.set(resource, NONE);
    }
  }
}

function unhealthy(devices: Devices): Devices {
  return new Map([...devices].map(([id, { nodes }]) => [id, { isHealthy: false, nodes }]));
}
