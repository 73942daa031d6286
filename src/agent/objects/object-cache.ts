import type { ConfigMap, Secret } from "kubernetes-types/core/v1";
import { Informer, type KubeClient } from "../../kube/client/mod.ts";
import { API, type ApiObject, type Pod } from "../api/mod.ts";
import { podReferences, type ReferenceKind } from "./pod-references.ts";

type Data = ApiObject<ConfigMap> | ApiObject<Secret>;

interface Entry {
  readonly informer: Informer<Data>;
  readonly stop: AbortController;
  /** The pods that refer to the object. */
  readonly pods: Set<string>;
  failure: PromiseWithResolvers<never>;
}

/**
 * The ConfigMaps and Secrets that the node's pods refer to, each watched by itself as long as a pod
 * does: the node may read no others. A change is known as soon as the server tells it.
 */
export class ObjectCache {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #onChange: (podUids: readonly string[]) => void;
  readonly #entries = new Map<string, Entry>();

  constructor(
    client: KubeClient,
    signal: AbortSignal,
    onChange: (podUids: readonly string[]) => void,
  ) {
    this.#client = client;
    this.#signal = signal;
    this.#onChange = onChange;
  }

  /** Watches what the pod refers to, and no longer what it referred to before. */
  hold(pod: Pod): void {
    const { uid, namespace } = pod.metadata;
    const wanted = new Set<string>();
    for (const { kind, name } of podReferences(pod)) {
      const key = keyOf(kind, namespace, name);
      wanted.add(key);
      this.#entry(kind, namespace, name).pods.add(uid);
    }
    for (const [key, entry] of this.#entries) if (!wanted.has(key)) this.#drop(key, entry, uid);
  }

  release(uid: string): void {
    for (const [key, entry] of this.#entries) this.#drop(key, entry, uid);
  }

  /** The object, or undefined where there is none; rejects where the server does not say. */
  async get(kind: ReferenceKind, namespace: string, name: string): Promise<Data | undefined> {
    const entry = this.#entry(kind, namespace, name);
    if (!entry.informer.isSynced) {
      await Promise.race([entry.informer.synced, entry.failure.promise]);
    }
    return entry.informer.items.get(`${namespace}/${name}`);
  }

  #entry(kind: ReferenceKind, namespace: string, name: string): Entry {
    const key = keyOf(kind, namespace, name);
    const existing = this.#entries.get(key);
    if (existing !== undefined) return existing;
    const stop = new AbortController();
    const failure = newFailure();
    const informer = new Informer<Data>(
      this.#client,
      kind === "configmap" ? API.configMaps : API.secrets,
      {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        signal: AbortSignal.any([stop.signal, this.#signal]),
        onError: (thrown) => {
          entry.failure.reject(thrown);
          entry.failure = newFailure();
        },
      },
    );
    const entry: Entry = { informer, stop, failure, pods: new Set() };
    this.#entries.set(key, entry);
    let isFirst = true;
    informer.subscribe(() => {
      // Those that wait for the first answer get it from get().
      if (!isFirst) this.#onChange([...entry.pods]);
      isFirst = false;
    });
    void informer.run();
    return entry;
  }

  #drop(key: string, entry: Entry, uid: string): void {
    if (!entry.pods.delete(uid) || entry.pods.size > 0) return;
    entry.stop.abort();
    this.#entries.delete(key);
  }
}

function newFailure(): PromiseWithResolvers<never> {
  const failure = Promise.withResolvers<never>();
  // Nobody may be waiting.
  failure.promise.catch(() => {});
  return failure;
}

function keyOf(kind: ReferenceKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
