import type { UserInfo } from "../../auth/request/mod.ts";
import type { ApiObject, Json, JsonObject } from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";
import type { ObjectStore, StoredObject } from "../../storage/mod.ts";
import type { ResourceInfo } from "../request-info.ts";
import type { ServiceAllocator } from "../services/mod.ts";
import type { Admission, Authorizer } from "../types.ts";

/** What every handler of resources has. */
export interface RestContext {
  readonly store: ObjectStore;
  readonly authorize: Authorizer;
  readonly admissions: readonly Admission[];
  readonly services: ServiceAllocator;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A request for a resource, read and allowed. */
export interface RestRequest {
  readonly info: ResourceInfo;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  /** The body as JSON; undefined where there is none. */
  readonly body: Json | undefined;
  /** Paths of fields that the body has twice. */
  readonly duplicates: readonly string[];
  readonly contentType: string;
  /** Names the caller where it names no field manager: the program of its User-Agent. */
  readonly userAgent: string;
  readonly warn: (message: string) => void;
}

/** What a handler answers; how it looks is decided by what the caller accepts. */
export type Answer =
  | {
      readonly is: "object";
      readonly code: number;
      readonly object: ApiObject;
      /** The object as JSON where it is known already. */
      readonly text?: string;
    }
  | {
      readonly is: "list";
      readonly kind: ResourceKind;
      readonly items: readonly StoredObject[];
      readonly metadata: JsonObject;
    }
  | { readonly is: "json"; readonly code: number; readonly body: JsonObject };

/** A stored object as an answer. */
export function answerStored(stored: StoredObject, code = 200): Answer {
  return { is: "object", code, object: stored.object, text: stored.text };
}
