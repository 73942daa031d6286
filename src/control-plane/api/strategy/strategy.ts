import type { ApiObject } from "../../objects/mod.ts";

/** What a kind does besides what every kind does. Objects given to it may be changed in place. */
export interface Strategy {
  /** Fills in what the user has left out. */
  defaults?(object: ApiObject): void;
  /** A new object: what a user may not set is taken away. */
  prepareCreate?(object: ApiObject): void;
  /** A changed object: what a user may not change is put back. */
  prepareUpdate?(object: ApiObject, old: ApiObject): void;
  /** The object's metadata.generation counts changes of its spec. */
  readonly hasGeneration?: true;
  /** A new object brings its own status. */
  readonly keepsStatus?: true;
  /** A PUT makes the object where there is none. */
  readonly createsOnUpdate?: true;
  /** A PUT without a resourceVersion is refused. */
  readonly needsRevision?: true;
  /** A DELETE answers with the object instead of a Status. */
  readonly returnsDeleted?: true;
}
