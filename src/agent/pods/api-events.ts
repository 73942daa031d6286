import { createHash } from "node:crypto";
import type { Clock, Logger } from "../../base/mod.ts";
import type { KubeClient } from "../../kube/client/mod.ts";
import type { PodEvent, PodEvents } from "../api/events.ts";
import { API, type Pod } from "../api/mod.ts";
import { apiTime } from "../status/mod.ts";

export interface ApiEventsDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
}

interface Seen {
  readonly name: string;
  readonly firstAt: number;
  count: number;
}

/** As many different events are remembered; the same one again only raises its count. */
const MAX_SEEN = 4096;
/** More than this wait for a server that does not answer: the oldest are dropped. */
const MAX_WAITING = 1000;

/** Writes events to the API, one at a time and in order; the same one again counts. */
export class ApiEvents implements PodEvents {
  readonly #deps: ApiEventsDeps;
  readonly #seen = new Map<string, Seen>();
  readonly #waiting: (() => Promise<void>)[] = [];
  #isWriting = false;

  constructor(deps: ApiEventsDeps) {
    this.#deps = deps;
  }

  record(pod: Pod, event: PodEvent): void {
    const { name, namespace } = pod.metadata;
    const { type, reason, message, container } = event;
    this.#deps.log.info(message, { type, reason, container, pod: `${namespace}/${name}` }, 1);
    const at = this.#deps.clock.now();
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(() => this.#write(pod, event, at));
    if (!this.#isWriting) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await next().catch((thrown: unknown) => {
        this.#deps.log.info("Cannot write an event", { error: String(thrown) }, 1);
      });
    }
    this.#isWriting = false;
  }

  async #write(pod: Pod, event: PodEvent, at: number): Promise<void> {
    const { client } = this.#deps;
    const { namespace } = pod.metadata;
    const key = JSON.stringify([pod.metadata.uid, event]);
    const seen = this.#seen.get(key);
    if (seen !== undefined) {
      seen.count += 1;
      const value = { count: seen.count, lastTimestamp: apiTime(at) };
      const ref = { name: seen.name, namespace };
      await client.patch(API.events, ref, { type: "merge", value });
      return;
    }
    const hash = createHash("sha256").update(key).update(String(at)).digest("hex").slice(0, 16);
    const name = `${pod.metadata.name.slice(0, 230)}.${hash}`;
    await client.create(API.events, this.#object(pod, { event, at, name }), { namespace });
    this.#seen.set(key, { name, firstAt: at, count: 1 });
    if (this.#seen.size > MAX_SEEN) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
  }

  #object(
    pod: Pod,
    { event, at, name }: { readonly event: PodEvent; readonly at: number; readonly name: string },
  ) {
    const { namespace, uid, resourceVersion } = pod.metadata;
    const { type, reason, message, container } = event;
    const { nodeName } = this.#deps;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: {
        ...{ apiVersion: "v1", kind: "Pod", name: pod.metadata.name, namespace, uid },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(container === undefined ? {} : { fieldPath: fieldPathOf(pod, container) }),
      },
      ...{ type, reason, message: message.slice(0, 1024), count: 1 },
      firstTimestamp: apiTime(at),
      lastTimestamp: apiTime(at),
      source: { component: "kubelet", host: nodeName },
      reportingComponent: "kubelet",
      reportingInstance: nodeName,
    };
  }
}

function fieldPathOf(pod: Pod, container: string): string {
  const lists = ["initContainers", "ephemeralContainers"] as const;
  const list = lists.find((one) => (pod.spec[one] ?? []).some(({ name }) => name === container));
  return `spec.${list ?? "containers"}{${container}}`;
}
