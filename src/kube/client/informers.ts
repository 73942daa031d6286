import { Informer, type InformerOptions } from "./informer.ts";
import type { KubeClient } from "./kube-client.ts";
import type { KubeObject, ResourceType } from "./resources.ts";

/** One informer a kind, shared by all that read it; each is started by its first reader. */
export class Informers {
  readonly #client: KubeClient;
  readonly #options: Omit<InformerOptions, "onError">;
  readonly #onError: (type: ResourceType, thrown: unknown) => void;
  readonly #informers = new Map<string, Informer<never>>();
  readonly #running: Promise<void>[] = [];

  constructor(
    client: KubeClient,
    options: Omit<InformerOptions, "onError">,
    onError: (type: ResourceType, thrown: unknown) => void,
  ) {
    this.#client = client;
    this.#options = options;
    this.#onError = onError;
  }

  of<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const key = `${type.group}/${type.version}/${type.plural}`;
    const known = this.#informers.get(key);
    // cast: the type of the objects belongs to the kind, which is the key
    if (known !== undefined) return known as unknown as Informer<T>;
    const informer = new Informer(this.#client, type, {
      ...this.#options,
      onError: (thrown) => this.#onError(type, thrown),
    });
    // cast: as above
    this.#informers.set(key, informer as unknown as Informer<never>);
    this.#running.push(informer.run());
    return informer;
  }

  /** Resolves once every informer so far has seen everything. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(({ synced }) => synced));
  }

  /** Resolves when the informers have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
