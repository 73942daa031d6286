import type {
  DeleteOptions,
  EventReport,
  KubeObject,
  Patch,
  ResourceType,
} from "../../../kube/client/mod.ts";

/** One call of the API that a plan wants. */
export type Write =
  | {
      readonly verb: "create";
      readonly type: ResourceType;
      readonly object: KubeObject;
      /** True where it is well if there is such an object already. */
      readonly ifMissing?: boolean;
      readonly report?: Outcome;
    }
  | {
      /** Replaces an object (or a subresource of it) in the version that was read. */
      readonly verb: "update";
      readonly type: ResourceType;
      readonly object: KubeObject;
      readonly subresource?: string;
      readonly report?: Outcome;
    }
  | {
      readonly verb: "patch";
      readonly type: ResourceType;
      readonly object: KubeObject;
      readonly patch: Patch;
      readonly subresource?: string;
      readonly report?: Outcome;
    }
  | {
      /** Deletes exactly this object: its uid is a precondition. */
      readonly verb: "delete";
      readonly type: ResourceType;
      readonly object: KubeObject;
      readonly options?: DeleteOptions;
      readonly report?: Outcome;
    }
  | { readonly verb: "event"; readonly event: EventReport };

/** The events of a write that has succeeded, and of one that was refused. */
export interface Outcome {
  readonly done?: EventReport;
  readonly failed?: (message: string) => EventReport;
}

/** A write that was refused, and why in the server's words. */
export interface WriteFailure {
  readonly write: Write;
  readonly thrown: unknown;
  readonly message: string;
}

/** What a controller wants done for one key. */
export interface Plan {
  readonly writes: readonly Write[];
  /** Further writes, once the first ones are done or were refused: a status. */
  readonly finish?: (failures: readonly WriteFailure[]) => readonly Write[];
  /** When to plan again although nothing changes. */
  readonly wakeMs?: number | undefined;
}

export const NOTHING: Plan = { writes: [] };

/** The status of an object as a write; none where nothing would change. */
export function statusWrite<T extends KubeObject & { readonly status?: unknown }>(
  type: ResourceType<T>,
  object: T,
  status: T["status"],
): readonly Write[] {
  if (Bun.deepEquals(withoutUndefined(status), withoutUndefined(object.status))) return [];
  return [{ verb: "update", type, object: { ...object, status }, subresource: "status" }];
}

/** As it would arrive: without the fields that are undefined. */
function withoutUndefined(value: unknown): unknown {
  return value === undefined ? {} : JSON.parse(JSON.stringify(value));
}
