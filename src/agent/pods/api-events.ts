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

/** What an event is about; a node has no namespace. */
interface EventTarget {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
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
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const { type, reason, message, container } = event;
    this.#deps.log.info(message, { type, reason, container, pod: `${namespace}/${name}` }, 1);
    const about = {
      ...{ kind: "Pod", name, namespace, uid },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(container === undefined ? {} : { fieldPath: fieldPathOf(pod, container) }),
    };
    this.#add(about, event);
  }

  /** Something about the node itself. */
  recordNode(event: Omit<PodEvent, "container">): void {
    const { type, reason, message } = event;
    const { nodeName: name, log } = this.#deps;
    log.info(message, { type, reason }, 1);
    // The kubelet's own reference: a node's events are found by its name.
    this.#add({ kind: "Node", name, namespace: "", uid: name }, event);
  }

  #add(about: EventTarget, event: PodEvent): void {
    const at = this.#deps.clock.now();
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(() => this.#write(about, event, at));
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

  async #write(about: EventTarget, event: PodEvent, at: number): Promise<void> {
    const { client } = this.#deps;
    const namespace = about.namespace === "" ? "default" : about.namespace;
    const key = JSON.stringify([about.uid, event]);
    const seen = this.#seen.get(key);
    if (seen !== undefined) {
      seen.count += 1;
      const value = { count: seen.count, lastTimestamp: apiTime(at) };
      const ref = { name: seen.name, namespace };
      await client.patch(API.events, ref, { type: "merge", value });
      return;
    }
    const hash = createHash("sha256").update(key).update(String(at)).digest("hex").slice(0, 16);
    const name = `${about.name.slice(0, 230)}.${hash}`;
    const metadata = { name, namespace };
    const object = { ...this.#object(about, event, at), metadata };
    await client.create(API.events, object, { namespace });
    this.#seen.set(key, { name, firstAt: at, count: 1 });
    if (this.#seen.size > MAX_SEEN) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
  }

  #object(about: EventTarget, { type, reason, message }: PodEvent, at: number) {
    const { nodeName } = this.#deps;
    const { namespace, ...target } = about;
    return {
      apiVersion: "v1",
      kind: "Event",
      involvedObject: {
        ...(about.kind === "Pod" ? { apiVersion: "v1" } : {}),
        ...target,
        ...(namespace === "" ? {} : { namespace }),
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
