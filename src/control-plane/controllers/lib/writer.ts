import { assertNever, mapPool, messageOf } from "../../../base/mod.ts";
import {
  type EventRecorder,
  hasStatus,
  type Informers,
  type KubeClient,
  KubeError,
  type KubeObject,
  type ObjectRef,
  type ResourceType,
} from "../../../kube/client/mod.ts";
import { apiVersionOf } from "../../model/mod.ts";
import type { Write, WriteFailure } from "./write.ts";

export interface WriterDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
}

/** Deletions in flight at once. */
const PARALLEL = 10;

/**
 * Carries out the writes of a plan in their order, and lets the informers know what the server
 * answered, so that the next plan sees it. Objects of a kind that are created one after the other
 * go out in batches of 1, 2, 4 ...: a quota that refuses the first is not asked a hundred times.
 */
export class Writer {
  readonly #deps: WriterDeps;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  async write(writes: readonly Write[]): Promise<readonly WriteFailure[]> {
    const failures: WriteFailure[] = [];
    for (const group of groups(writes)) {
      failures.push(...(await this.#writeGroup(group)));
      // What follows may rest on what was refused.
      if (failures.length > 0) break;
    }
    return failures;
  }

  async #writeGroup(group: readonly Write[]): Promise<readonly WriteFailure[]> {
    const isSlow = group[0]?.verb === "create";
    const failures: WriteFailure[] = [];
    let size = isSlow ? 1 : group.length;
    for (let at = 0; at < group.length && failures.length === 0; at += size / 2) {
      const batch = group.slice(at, at + size);
      const results = await mapPool(batch, PARALLEL, (write) => this.#try(write));
      failures.push(...results.filter((result) => result !== undefined));
      if (!isSlow) break;
      size *= 2;
    }
    return failures;
  }

  async #try(write: Write): Promise<WriteFailure | undefined> {
    const report = write.verb === "event" ? undefined : write.report;
    try {
      await this.#do(write);
      if (report?.done !== undefined) this.#deps.events.record(report.done);
      return undefined;
    } catch (thrown) {
      if (isEnding(thrown)) return undefined;
      const message = reasonOf(thrown);
      if (report?.failed !== undefined && !hasStatus(thrown, 409)) {
        this.#deps.events.record(report.failed(message));
      }
      return { write, thrown, message };
    }
  }

  async #do(write: Write): Promise<void> {
    switch (write.verb) {
      case "create":
        return await this.#create(write.type, write.object, write.ifMissing ?? false);
      case "update":
        return await this.#gone(write.type, write.object, (ref) =>
          this.#deps.client.update(write.type, at(ref, write.subresource), full(write)),
        );
      case "patch":
        return await this.#gone(write.type, write.object, (ref) =>
          this.#deps.client.patch(write.type, at(ref, write.subresource), write.patch),
        );
      case "delete":
        return await this.#delete(write);
      case "event":
        return this.#deps.events.record(write.event);
      default:
        return assertNever(write);
    }
  }

  async #create(type: ResourceType, object: KubeObject, ifMissing: boolean): Promise<void> {
    const { namespace } = object.metadata;
    try {
      const created = await this.#deps.client.create(
        type,
        full({ type, object }),
        namespace === undefined ? {} : { namespace },
      );
      this.#deps.informers.of(type).note(created);
    } catch (thrown) {
      if (!(ifMissing && hasStatus(thrown, 409))) throw thrown;
    }
  }

  /** Writes to an object that may be gone: then there is nothing to write. */
  async #gone(
    type: ResourceType,
    object: KubeObject,
    write: (ref: ObjectRef) => Promise<KubeObject>,
  ): Promise<void> {
    try {
      this.#deps.informers.of(type).note(await write(refOf(object)));
    } catch (thrown) {
      if (!hasStatus(thrown, 404)) throw thrown;
    }
  }

  async #delete({ type, object, options = {} }: Write & { verb: "delete" }): Promise<void> {
    const { uid } = object.metadata;
    const informer = this.#deps.informers.of(type);
    try {
      const left = await this.#deps.client.delete(type, refOf(object), {
        ...options,
        preconditions: { ...options.preconditions, ...(uid === undefined ? {} : { uid }) },
      });
      if (left === undefined || isOver(left)) informer.noteDeleted(object);
      else informer.note(left);
    } catch (thrown) {
      if (!hasStatus(thrown, 404)) throw thrown;
      informer.noteDeleted(object);
    }
  }
}

/** Neighbours of the same verb and kind go together. */
function groups(writes: readonly Write[]): readonly (readonly Write[])[] {
  const all: Write[][] = [];
  for (const write of writes) {
    const last = all.at(-1);
    const isLike =
      last?.[0] !== undefined &&
      (write.verb === "create" || write.verb === "delete") &&
      last[0].verb === write.verb &&
      last[0].type === write.type;
    if (isLike) last.push(write);
    else all.push([write]);
  }
  return all;
}

function refOf({ metadata: { name, namespace } }: KubeObject): ObjectRef {
  return namespace === undefined ? { name } : { name, namespace };
}

function at(ref: ObjectRef, subresource: string | undefined): ObjectRef {
  return subresource === undefined ? ref : { ...ref, subresource };
}

/** Objects of lists come without their kind. */
function full({ type, object }: { type: ResourceType; object: KubeObject }): KubeObject {
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

/** A pod without grace is gone although the answer shows it. */
function isOver({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    metadata.deletionGracePeriodSeconds === 0 &&
    (metadata.finalizers ?? []).length === 0
  );
}

/** A namespace that is being deleted takes nothing new: its own end is no failure. */
function isEnding(thrown: unknown): boolean {
  return (
    thrown instanceof KubeError &&
    (thrown.answer?.details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating")
  );
}

/** The server's own words where it has answered. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof KubeError && thrown.answer?.message !== undefined) {
    return thrown.answer.message;
  }
  return messageOf(thrown);
}
