import type { ApiConnection, ConnectionSource } from "./connection.ts";
import { KubeError } from "./kube-error.ts";
import {
  type KubeList,
  type KubeObject,
  PODS,
  type ResourceType,
  resourcePath,
  type Status,
} from "./resources.ts";
import { type ApiRequest, Transport } from "./transport.ts";
import { type WatchEvent, type WatchOptions, watchResource } from "./watch.ts";

/** Which object of a kind; the namespace for the kinds that have one. */
export interface ObjectRef {
  readonly name: string;
  readonly namespace?: string;
  readonly subresource?: string;
}

/** Which objects of a kind. */
export interface ListOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** What every call takes beside its own arguments. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** A patch and how the server is to read it. */
export type Patch =
  | { readonly type: "strategic" | "merge"; readonly value: unknown }
  | {
      /** Server-side apply: the fields that this manager wants. */
      readonly type: "apply";
      readonly value: unknown;
      readonly fieldManager: string;
      readonly force?: boolean;
    }
  | { readonly type: "json"; readonly value: readonly JsonPatchOperation[] };

/** One operation of RFC 6902. */
export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "test";
  readonly path: string;
  readonly value?: unknown;
}

/** The body of a DELETE, and of an eviction (meta/v1 DeleteOptions). */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
}

const PATCH_TYPES = {
  strategic: "application/strategic-merge-patch+json",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** How many objects a list asks for at once; the rest follows by its continue token. */
const PAGE_SIZE = 500;

/**
 * A client of one API server as one user. Every call rejects with KubeError, or with the signal's
 * own reason where it was aborted. Dispose it to close its connections.
 */
export class KubeClient implements Disposable {
  readonly #transport: Transport;
  readonly server: string;

  constructor(
    connection: ApiConnection | ConnectionSource,
    options: { readonly timeoutMs?: number } = {},
  ) {
    this.server = connection.server;
    this.#transport = new Transport(connection, options.timeoutMs ?? 30_000);
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  /** Ends every stream that is open: watches connect anew. For a server that has fallen silent. */
  closeStreams(): void {
    this.#transport.closeStreams();
  }

  /** The API server's own version, for example `v1.36.2`; needs no permission on most clusters. */
  async version(call: CallOptions = {}): Promise<string> {
    const answer = await this.#json<{ readonly gitVersion?: string }>({
      method: "GET",
      path: "/version",
      action: "Cannot read the version of the API server",
      ...call,
    });
    return answer.gitVersion ?? "unknown";
  }

  /** Reads a path that is no object, such as discovery's `/apis`. */
  async read<T>(path: string, call: CallOptions = {}): Promise<T> {
    return await this.#json<T>({ method: "GET", path, action: `Cannot read ${path}`, ...call });
  }

  async get<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    call: CallOptions = {},
  ): Promise<T> {
    return await this.#json<T>({
      method: "GET",
      path: resourcePath(type, ref),
      action: `Cannot get ${describe(type, ref)}`,
      ...call,
    });
  }

  /** As `get`, with undefined where there is no such object. */
  async find<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    call: CallOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get(type, ref, call);
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.status === 404) return undefined;
      throw thrown;
    }
  }

  /** All objects, whatever number of pages they come in. */
  async list<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
    call: CallOptions = {},
  ): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
    const items: T[] = [];
    let next: string | undefined;
    for (;;) {
      const page: KubeList<T> = await this.#json({
        method: "GET",
        path: resourcePath(type, namespaceOf(options)),
        query: { ...selectors(options), limit: String(PAGE_SIZE), continue: next },
        action: `Cannot list ${type.plural}`,
        ...call,
      });
      items.push(...page.items);
      next = page.metadata?.continue;
      if (next === undefined || next === "") {
        return { items, resourceVersion: page.metadata?.resourceVersion ?? "" };
      }
    }
  }

  /**
   * Lists, then watches: a SYNC event with all objects first, and again whenever the server has
   * forgotten the version that the watch would go on from; single changes in between. Reconnects
   * by itself, ends only by the signal or an error that is not transient.
   */
  watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions & WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    return watchResource<T>(
      {
        list: (call) => this.list(type, options, call),
        open: (resourceVersion) =>
          this.#transport.open({
            method: "GET",
            path: resourcePath(type, namespaceOf(options)),
            query: {
              ...selectors(options),
              watch: "true",
              allowWatchBookmarks: "true",
              timeoutSeconds: "300",
              resourceVersion,
            },
            action: `Cannot watch ${type.plural}`,
            signal: options.signal,
          }),
      },
      options,
    );
  }

  /** Creates an object, or posts to a subresource such as a pod's eviction. */
  async create<T extends KubeObject>(
    type: ResourceType<T>,
    object: KubeObject | (KubeObject & Readonly<Record<string, unknown>>),
    options: CallOptions & { readonly namespace?: string; readonly at?: ObjectRef } = {},
  ): Promise<T> {
    const { namespace, at, ...call } = options;
    return await this.#json<T>({
      method: "POST",
      path: resourcePath(type, at ?? (namespace === undefined ? {} : { namespace })),
      body: object,
      action: `Cannot create ${describe(type, at ?? { name: object.metadata.name })}`,
      ...call,
    });
  }

  /** Replaces an object; a 409 says that it has changed since it was read. */
  async update<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    object: T,
    call: CallOptions = {},
  ): Promise<T> {
    return await this.#json<T>({
      method: "PUT",
      path: resourcePath(type, ref),
      body: object,
      action: `Cannot update ${describe(type, ref)}`,
      ...call,
    });
  }

  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    patch: Patch,
    call: CallOptions = {},
  ): Promise<T> {
    return await this.#json<T>({
      method: "PATCH",
      path: resourcePath(type, ref),
      body: patch.value,
      ...(patch.type === "apply"
        ? { query: { fieldManager: patch.fieldManager, force: String(patch.force ?? false) } }
        : {}),
      contentType: PATCH_TYPES[patch.type],
      action: `Cannot patch ${describe(type, ref)}`,
      ...call,
    });
  }

  /** Deletes an object; returns it as it is where it stays for a while (grace, finalizers). */
  async delete<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    options: DeleteOptions = {},
    call: CallOptions = {},
  ): Promise<T | undefined> {
    const answer = await this.#json<T | Status>({
      method: "DELETE",
      path: resourcePath(type, ref),
      body: { apiVersion: "v1", kind: "DeleteOptions", ...options },
      action: `Cannot delete ${describe(type, ref)}`,
      ...call,
    });
    return "kind" in answer && answer.kind === "Status" ? undefined : (answer as T); // cast: the other of the two
  }

  /** What a container has written so far (`kubectl logs`). */
  async logs(
    ref: { readonly namespace: string; readonly name: string },
    options: CallOptions & { readonly container?: string; readonly tailLines?: number } = {},
  ): Promise<string> {
    const { container, tailLines, ...call } = options;
    return await this.#transport.send({
      method: "GET",
      path: resourcePath(PODS, { ...ref, subresource: "log" }),
      query: { container, tailLines: tailLines === undefined ? undefined : String(tailLines) },
      action: `Cannot read the logs of ${describe(PODS, ref)}`,
      ...call,
    });
  }

  async #json<T>(request: ApiRequest): Promise<T> {
    const body = await this.#transport.send(request);
    try {
      // cast: the server's schema is the API's contract; only fields that may be absent are read
      return JSON.parse(body) as T;
    } catch (cause) {
      throw new KubeError(
        `${request.action} at ${this.server}: the answer is not JSON: ${JSON.stringify(body.slice(0, 80))}`,
        {
          reason: "BadAnswer",
          fix: "check that the URL is that of a Kubernetes API server",
          cause,
        },
      );
    }
  }
}

function describe(type: ResourceType, ref: ObjectRef): string {
  const path = ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
  return `${type.kind} "${path}"${ref.subresource === undefined ? "" : ` (${ref.subresource})`}`;
}

function namespaceOf(options: ListOptions): { readonly namespace?: string } {
  return options.namespace === undefined ? {} : { namespace: options.namespace };
}

function selectors(options: ListOptions): Record<string, string | undefined> {
  return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}
