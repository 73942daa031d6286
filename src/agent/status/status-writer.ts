import type { Clock, Logger } from "../../base/mod.ts";
import { hasStatus, type KubeClient } from "../../kube/client/mod.ts";
import { API, isTerminalPhase, type Pod, type PodStatus, podName } from "../api/mod.ts";
import { isOwnCondition } from "./conditions.ts";

export interface StatusWriterDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** The object that stands for a pod in the API: itself, or its mirror; undefined where there is none. */
  readonly objectOf: (pod: Pod) => Pod | undefined;
  readonly signal: AbortSignal;
}

interface Entry {
  pod: Pod;
  status: PodStatus;
  isFinal: boolean;
  isWriting: boolean;
  written: PodStatus | undefined;
}

const RETRY_MS = { first: 200, most: 10_000 } as const;

/**
 * Writes statuses to the API: one write a pod at a time, the newest only, no pod waiting for another.
 * After the final one the object itself is deleted.
 */
export class StatusWriter {
  readonly #deps: StatusWriterDeps;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps;
  }

  set(pod: Pod, status: PodStatus, { isFinal }: { readonly isFinal: boolean }): void {
    const { uid } = pod.metadata;
    const entry = this.#entries.get(uid);
    const next: Entry = entry ?? { pod, status, isFinal, isWriting: false, written: undefined };
    Object.assign(next, { pod, status, isFinal: isFinal || next.isFinal });
    this.#entries.set(uid, next);
    if (!next.isWriting) void this.#write(uid, next);
  }

  /** The object as the API has it now: what it has lost, or never had, is written again. */
  refresh(uid: string, object: Pod): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined || entry.isWriting) return;
    if (object.status?.phase === entry.status.phase) return;
    entry.written = undefined;
    void this.#write(uid, entry);
  }

  async #write(uid: string, entry: Entry): Promise<void> {
    const { clock, log, signal } = this.#deps;
    entry.isWriting = true;
    let retryMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      const { status } = entry;
      try {
        const isThere = await this.#writeOnce(entry, status);
        if (!isThere || (entry.isFinal && entry.status === status)) {
          if (isThere) await this.#deleteObject(entry);
          if (isThere || entry.isFinal) this.#entries.delete(uid);
          break;
        }
        retryMs = RETRY_MS.first;
        if (entry.status === status) break;
      } catch (thrown) {
        if (signal.aborted) break;
        log.warn("Cannot write a pod's status", { pod: podName(entry.pod), error: String(thrown) });
        await clock.sleep(retryMs, signal).catch(() => {});
        retryMs = Math.min(retryMs * 2, RETRY_MS.most);
      }
    }
    entry.isWriting = false;
  }

  /** False where there is no object to write to. */
  async #writeOnce(entry: Entry, status: PodStatus): Promise<boolean> {
    const object = this.#deps.objectOf(entry.pod);
    if (object === undefined) return false;
    if (Bun.deepEquals(entry.written, status)) return true;
    const { name, namespace, uid } = object.metadata;
    const patch = { metadata: { uid }, status: statusPatch(status) };
    try {
      const at = { name, namespace, subresource: "status" };
      await this.#deps.client.patch(API.pods, at, { type: "strategic", value: patch });
      entry.written = status;
      return true;
    } catch (thrown) {
      // Gone, or another object of the same name.
      if (hasStatus(thrown, 404) || hasStatus(thrown, 409)) return false;
      throw thrown;
    }
  }

  async #deleteObject(entry: Entry): Promise<void> {
    const object = this.#deps.objectOf(entry.pod);
    if (object === undefined || object !== entry.pod) return;
    if (!isTerminalPhase(entry.status.phase)) return;
    const { name, namespace, uid } = object.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    try {
      await this.#deps.client.delete(API.pods, { name, namespace }, options);
    } catch (thrown) {
      if (!hasStatus(thrown, 404) && !hasStatus(thrown, 409)) throw thrown;
    }
  }
}

/** A strategic merge patch: lists that merge by a key are replaced, what is absent goes. */
function statusPatch(status: PodStatus): unknown {
  const replace = { $patch: "replace" };
  const { podIPs, hostIPs, conditions = [], ...rest } = status;
  return {
    ...rest,
    reason: status.reason ?? null,
    message: status.message ?? null,
    initContainerStatuses: status.initContainerStatuses ?? null,
    ephemeralContainerStatuses: status.ephemeralContainerStatuses ?? null,
    conditions: conditions
      .filter(isOwnCondition)
      .map((one) => ({ ...one, reason: one.reason ?? null, message: one.message ?? null })),
    ...(podIPs === undefined ? {} : { podIPs: [replace, ...podIPs] }),
    ...(hostIPs === undefined ? {} : { hostIPs: [replace, ...hostIPs] }),
  };
}
