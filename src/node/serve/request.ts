import type { CollectedNode } from "../../check/mod.ts";
import type { Machine } from "../machine.ts";
import type { NodeMethods } from "../protocol/protocol.ts";
/** What `nodewright node serve` is made of. */
export interface ServeOptions {
  /** The stream from the jumpbox; its end ends the session. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when more may be written; rejects when nobody reads any more. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly machine: Machine;
  readonly uid: number;
  /** The `facts` method: NodeFacts and, where asked for, a ProbeReport. */
  readonly facts: (
    params: NodeMethods["facts"]["params"],
  ) => Promise<NodeMethods["facts"]["result"]>;
  /** The `collect` method. */
  readonly collect: (params: NodeMethods["collect"]["params"]) => Promise<CollectedNode>;
  /** The `network` method. */
  readonly network: () => Promise<NodeMethods["network"]["result"]>;
  /** The `verify` method. */
  readonly verify: (
    params: NodeMethods["verify"]["params"],
    note: (text: string) => void,
    signal: AbortSignal,
  ) => Promise<unknown>;
  /** Takes away what `verify` has left on the node; called while the lock is still held. */
  readonly endVerify: () => Promise<void>;
  /** Aborted by SIGTERM: the session stops at the next safe point. */
  readonly signal: AbortSignal;
}

/** A request whose parameters are what its method takes. */
export type CheckedRequest = {
  [M in keyof NodeMethods]: { readonly method: M; readonly params: NodeMethods[M]["params"] };
}[keyof NodeMethods];
