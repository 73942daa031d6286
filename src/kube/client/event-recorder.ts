import type { Clock, Logger } from "../../base/mod.ts";
import { apiTime } from "./api-time.ts";
import type { KubeClient } from "./kube-client.ts";
import { hasStatus } from "./kube-error.ts";
import { EVENTS, type KubeObject, type ResourceType } from "./resources.ts";

/** Something that an administrator may want to know about an object. */
export interface EventReport {
  readonly kind: ResourceType;
  readonly about: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Which part of the object: `spec.containers{web}`. */
  readonly fieldPath?: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Who reports: `kubelet`, `default-scheduler`. */
  readonly component: string;
  /** The machine that it runs on. */
  readonly host?: string;
}

interface Seen {
  readonly name: string;
  count: number;
}

interface Similar {
  readonly messages: Set<string>;
  startedMs: number;
}

/** As many different events are remembered; the same one again only raises its count. */
const MAX_SEEN = 4096;
/** More than this wait for a server that does not answer: the oldest are dropped. */
const MAX_WAITING = 1000;
/** client-go's aggregation: so many different messages of a reason within this time, then one for all. */
const SIMILAR = { max: 10, withinMs: 600_000 } as const;
/** client-go's limit of what an object may cause: so many at once, then one each five minutes. */
const SPAM = { burst: 25, everyMs: 300_000 } as const;
const MAX_MESSAGE = 1024;

/** Writes events to the API, one at a time and in order; the same one again counts. Never fails. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #similar = new Map<string, Similar>();
  readonly #tokens = new Map<string, { tokens: number; atMs: number }>();
  readonly #waiting: (() => Promise<void>)[] = [];
  #isWriting = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(report: EventReport): void {
    const { clock, log, component } = this.#options;
    const { type, reason, about, kind } = report;
    const object = `${about.metadata.namespace ?? ""}/${about.metadata.name}`;
    log.info(report.message, { type, reason, kind: kind.kind, object, component }, 2);
    const atMs = clock.now();
    if (!this.#take(about.metadata.uid ?? object, atMs)) return;
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(() => this.#write(this.#combine(report, atMs), atMs));
    if (!this.#isWriting) void this.#drain();
  }

  #take(object: string, atMs: number): boolean {
    const bucket = bounded(this.#tokens, object, () => ({ tokens: SPAM.burst, atMs }));
    const refilled = bucket.tokens + (atMs - bucket.atMs) / SPAM.everyMs;
    bucket.tokens = Math.min(SPAM.burst, refilled);
    bucket.atMs = atMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Where an object has had many different messages for a reason, further ones become one event. */
  #combine(report: EventReport, atMs: number): EventReport {
    const { about, type, reason, message } = report;
    const key = JSON.stringify([about.metadata.uid, type, reason]);
    const similar = bounded(this.#similar, key, () => ({ messages: new Set(), startedMs: atMs }));
    if (atMs - similar.startedMs > SIMILAR.withinMs) {
      similar.messages.clear();
      similar.startedMs = atMs;
    }
    if (similar.messages.has(message)) return report;
    if (similar.messages.size < SIMILAR.max) {
      similar.messages.add(message);
      return report;
    }
    return { ...report, message: `(combined from similar events): ${message}` };
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await next().catch((thrown: unknown) => {
        this.#options.log.info("Cannot write an event", { error: String(thrown) }, 1);
      });
    }
    this.#isWriting = false;
  }

  async #write(report: EventReport, atMs: number): Promise<void> {
    const { client } = this.#options;
    const { uid, name, namespace = "default" } = report.about.metadata;
    const isCombined = report.message.startsWith("(combined");
    const message = isCombined ? "" : report.message;
    const key = JSON.stringify([uid, name, report.type, report.reason, report.fieldPath, message]);
    const seen = this.#seen.get(key);
    if (seen !== undefined) {
      seen.count += 1;
      const value = { count: seen.count, lastTimestamp: apiTime(atMs), message: cut(report) };
      try {
        const ref = { name: seen.name, namespace };
        await client.patch(EVENTS, ref, { type: "merge", value });
        return;
      } catch (thrown) {
        // The server forgets events after a while: then this is the first again.
        if (!hasStatus(thrown, 404)) throw thrown;
        this.#seen.delete(key);
      }
    }
    const suffix = Bun.hash(`${key}${atMs}`).toString(16).padStart(16, "0");
    const event = `${name.slice(0, 230)}.${suffix}`;
    await client.create(EVENTS, this.#object(report, { atMs, name: event, namespace }), {
      namespace,
    });
    bounded(this.#seen, key, () => ({ name: event, count: 1 }));
  }

  #object(
    report: EventReport,
    at: { readonly atMs: number; readonly name: string; readonly namespace: string },
  ) {
    const { kind, about, type, reason, fieldPath } = report;
    const { component, host } = this.#options;
    const { name, namespace, uid, resourceVersion } = about.metadata;
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: at.name, namespace: at.namespace },
      involvedObject: {
        ...{ apiVersion, kind: kind.kind, name, uid },
        ...{ namespace, resourceVersion, fieldPath },
      },
      ...{ type, reason, message: cut(report), count: 1 },
      firstTimestamp: apiTime(at.atMs),
      lastTimestamp: apiTime(at.atMs),
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }
}

function cut({ message }: EventReport): string {
  return message.slice(0, MAX_MESSAGE);
}

/** The entry, made where it is missing; the oldest goes where there are too many. */
function bounded<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  if (map.size > MAX_SEEN) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  return made;
}
