import type { Service, Node as V1Node } from "kubernetes-types/core/v1";
import type { Clock, Logger } from "../base/mod.ts";
import { Informer, type KubeClient } from "../kube/client/mod.ts";
import { API, type ApiObject, isStatic, type Pod, podName, type RuntimeClass } from "./api/mod.ts";
import type { AgentSettings, Amounts } from "./config/mod.ts";
import type { EnvironmentSources, FieldValues } from "./environment/mod.ts";
import { pullSecrets } from "./images/pull-secrets.ts";
import { ObjectCache } from "./objects/object-cache.ts";
import { dataOf, podReferences } from "./objects/pod-references.ts";
import { TokenCache } from "./objects/token-cache.ts";
import { ApiEvents } from "./pods/api-events.ts";
import type { PodManager } from "./pods/pod-manager.ts";
import { isMirror, podInformer } from "./sources/api-pods.ts";
import { applyMirrors, planMirrors } from "./sources/mirror-pods.ts";
import type { PodSet } from "./sources/pod-set.ts";
import { StatusWriter } from "./status/status-writer.ts";
import { apiVolumePlugins } from "./volumes/api-volumes.ts";

export interface ApiSideDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AgentSettings;
  readonly signal: AbortSignal;
  readonly allocatable: Amounts;
  readonly addresses: readonly string[];
  /** Of the Node; empty until it is registered. */
  readonly nodeUid: () => string;
}

/** How often volumes are brought up to date without a reason: tokens grow old. */
const REFRESH_MS = 60_000;
/** A mirror that could not be made is tried again after this. */
const MIRROR_MS = 5000;

/** Everything that the agent has from the API server, and all that it tells it of pods. */
export class ApiSide {
  readonly #deps: ApiSideDeps;
  readonly #services: Informer<ApiObject<Service>>;
  readonly #pods: Informer<Pod>;
  readonly #runtimeClasses: Informer<RuntimeClass>;
  readonly #node: Informer<ApiObject<V1Node>>;
  readonly #objects: ObjectCache;
  readonly #tokens: TokenCache;
  readonly events: ApiEvents;
  readonly statuses: StatusWriter;
  #onVolumes: (podUids: readonly string[]) => void = () => {};

  constructor(deps: ApiSideDeps) {
    this.#deps = deps;
    const { client, clock, log, settings, signal } = deps;
    const onError = (thrown: unknown): void =>
      log.warn("Cannot watch the API server", { error: String(thrown) });
    this.#services = new Informer<ApiObject<Service>>(client, API.services, { signal, onError });
    this.#runtimeClasses = new Informer(client, API.runtimeClasses, { signal, onError });
    const fieldSelector = `metadata.name=${settings.nodeName}`;
    this.#node = new Informer(client, API.nodes, { fieldSelector, signal, onError });
    this.#pods = podInformer(client, { nodeName: settings.nodeName, signal, onError });
    this.#objects = new ObjectCache(client, signal, (uids) => this.#onVolumes(uids));
    this.#tokens = new TokenCache(client, clock);
    this.events = new ApiEvents({ client, clock, log, nodeName: settings.nodeName });
    this.statuses = new StatusWriter({
      ...{ client, clock, log, signal },
      objectOf: (pod) => (isStatic(pod) ? this.#mirrorOf(pod) : pod),
    });
  }

  /** The Node as the API server had it last; undefined until it is known. */
  get node(): ApiObject<V1Node> | undefined {
    return this.#node.items.get(this.#deps.settings.nodeName);
  }

  async fetchNode(): Promise<ApiObject<V1Node>> {
    const { client, settings, signal } = this.#deps;
    return await client.get(API.nodes, { name: settings.nodeName }, { signal });
  }

  /** True once all pods of the node have been seen. */
  get isSynced(): boolean {
    return this.#pods.isSynced;
  }

  /** True for a pod that the API has, or a mirror's name stands for. */
  knows(uid: string): boolean {
    return [...this.#pods.items.values()].some((pod) => pod.metadata.uid === uid);
  }

  volumePlugins() {
    const { allocatable } = this.#deps;
    return apiVolumePlugins({
      ...{ objects: this.#objects, tokens: this.#tokens, allocatable },
      fields: (_pod, podIPs) => this.#fields(podIPs),
    });
  }

  credentials(pod: Pod, image: string) {
    return pullSecrets(this.#objects, pod, image);
  }

  /** What the runtime calls the pod's RuntimeClass. */
  async runtimeHandler(pod: Pod): Promise<string> {
    const { runtimeClassName: name } = pod.spec;
    if (name === undefined || name === "") return "";
    await this.#runtimeClasses.synced;
    const found = this.#runtimeClasses.items.get(name);
    if (found === undefined) throw new Error(`RuntimeClass "${name}" not found`);
    return found.handler;
  }

  /** What a container's environment is made from; waits until it is known. */
  async environmentSources(pod: Pod, podIPs: readonly string[]): Promise<EnvironmentSources> {
    await this.#services.synced;
    const data = new Map<string, ReadonlyMap<string, string>>();
    for (const { kind, name } of podReferences(pod)) {
      const object = await this.#objects.get(kind, pod.metadata.namespace, name);
      if (object === undefined) continue;
      const bytes = dataOf({ ...object, kind: kind === "secret" ? "Secret" : "ConfigMap" });
      const texts = [...bytes].map(([key, value]): [string, string] => [
        key,
        Buffer.from(value).toString("utf8"),
      ]);
      data.set(`${kind}/${name}`, new Map(texts));
    }
    return {
      services: [...this.#services.items.values()],
      data: (kind, name) => data.get(`${kind}/${name}`),
      fields: this.#fields(podIPs),
      allocatable: this.#deps.allocatable,
    };
  }

  /** A pod is gone: nothing is held for it any more. */
  release(uid: string): void {
    this.#objects.release(uid);
    this.#tokens.release(uid);
  }

  /** Until the signal. */
  async run(manager: PodManager, statics: PodSet): Promise<void> {
    const { signal, clock } = this.#deps;
    this.#onVolumes = (uids) => {
      for (const uid of uids) manager.objectsChanged(uid);
    };
    this.#pods.subscribe((event) => {
      if (event.type === "SYNC") this.#syncAll(manager, [...event.items.values()]);
      else if (event.type === "SET") this.#set(manager, event.object);
      else if (!isMirror(event.object)) manager.remove(event.object.metadata.uid);
      void this.#mirror(manager, statics);
    });
    const refreshing = async (): Promise<void> => {
      for (let passed = 0; !signal.aborted; passed += MIRROR_MS) {
        await clock.sleep(MIRROR_MS, signal).catch(() => {});
        void this.#mirror(manager, statics);
        if (passed % REFRESH_MS === 0) {
          for (const uid of manager.workers.keys()) manager.refreshVolumes(uid);
        }
      }
    };
    const informers = [this.#services, this.#pods, this.#runtimeClasses, this.#node];
    await Promise.all([...informers.map((informer) => informer.run()), refreshing()]);
  }

  #syncAll(manager: PodManager, pods: readonly Pod[]): void {
    const uids = new Set(pods.map((pod) => pod.metadata.uid));
    for (const [uid, worker] of manager.workers) {
      if (!isStatic(worker.pod) && !uids.has(uid)) manager.remove(uid);
    }
    for (const pod of pods) this.#set(manager, pod);
  }

  #set(manager: PodManager, pod: Pod): void {
    if (isMirror(pod)) return;
    this.#objects.hold(pod);
    manager.set(pod);
    this.statuses.refresh(pod.metadata.uid, pod);
  }

  #mirrorOf(pod: Pod): Pod | undefined {
    const mirror = this.#pods.items.get(podName(pod));
    return mirror !== undefined && isMirror(mirror) ? mirror : undefined;
  }

  async #mirror(manager: PodManager, statics: PodSet): Promise<void> {
    if (!this.isSynced) return;
    const pods = [...statics.pods.values()];
    const mirrors = [...this.#pods.items.values()].filter(isMirror);
    for (const pod of pods) {
      const mirror = this.#mirrorOf(pod);
      const { uid } = pod.metadata;
      const status = manager.workers.get(uid)?.status;
      if (mirror === undefined || status === undefined) continue;
      this.statuses.set(pod, status, { isFinal: false });
      this.statuses.refresh(uid, mirror);
    }
    const { client, log, settings, nodeUid } = this.#deps;
    const plan = planMirrors(pods, mirrors);
    await applyMirrors({ client, log, nodeName: settings.nodeName, nodeUid }, plan);
  }

  #fields(podIPs: readonly string[]): FieldValues {
    const { settings, addresses } = this.#deps;
    return { nodeName: settings.nodeName, hostIPs: addresses, podIPs };
  }
}
