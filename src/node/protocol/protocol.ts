/**
 * The conversation between the jumpbox and `nodewright node serve`: requests, answers, events
 * and blob chunks over one byte stream (the standard input and output of an SSH session).
 *
 * Frame: length (4 bytes, big endian, of what follows), type (1 byte), payload.
 * Type 0: a JSON message. Type 1: a chunk of the blob that the last `putBlob` announced.
 */

import type { CollectedNode } from "../../check/mod.ts";
import type { DialResult, NodeFacts, ProbeReport } from "../../machine/mod.ts";
import type { DesiredNode, Digest } from "../../plan/desired.ts";
import type { Generation, ObservedNode } from "../../plan/observed.ts";
import type { NodePlan, Step } from "../../plan/step.ts";
import type { Foresight, ForesightRequest } from "../foresight/foresee.ts";
import type { NodeNetwork } from "../network/node-network.ts";

/** Both sides must speak the same; the jumpbox sends the node its own executable, so they do. */
export const PROTOCOL_VERSION = 1;
export const FRAME_JSON = 0;
export const FRAME_CHUNK = 1;
/** A longer frame is refused before it is read. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** What can be asked of a node: method name to its parameters and its answer. */
export interface NodeMethods {
  hello: {
    params: {
      readonly protocol: number;
      /**
       * A promise that bytes (a `ping` where there is nothing else to say) come at least this
       * often. A node that hears nothing for three times as long takes the connection for cut,
       * stops at the next safe point and lets go of its lock. Without it: only the stream's end.
       */
      readonly keepAliveMs?: number;
    };
    result: { readonly protocol: number; readonly version: string; readonly uid: number };
  };
  /** Answered at once, also while another request is being carried out. */
  ping: { params: Record<string, never>; result: Record<string, never> };
  /** Facts about the machine, and what its kernel can do. */
  facts: {
    params: {
      readonly paths: readonly string[];
      readonly sysctls: readonly string[];
      /** Programs to look for; by default those that the parts of a node call. */
      readonly commands?: readonly string[];
      readonly probe: boolean;
    };
    result: {
      readonly facts: NodeFacts;
      /** null where it was not asked for. */
      readonly probe: ProbeReport | null;
      /** The machine's glibc, e.g. `2.36`; null where it has another libc. */
      readonly glibc: string | null;
    };
  };
  /** What of an apply can be seen to fail before it begins. */
  foresee: { params: ForesightRequest; result: Foresight };
  /** Everything that `check` asks of a machine, without secrets. */
  collect: {
    /** Without the probe of the kernel it is quicker, for what only looks at files and pods. */
    params: {
      readonly probe: boolean;
      /** https URLs that the machine is to connect to, beside the API server. */
      readonly dial: readonly string[];
    };
    result: CollectedNode;
  };
  /** Takes the node's lock for the rest of the session; error kind `locked` names the holder. */
  lock: {
    params: { readonly holder: string; readonly waitMs: number };
    result: Record<string, never>;
  };
  observe: { params: { readonly desired: DesiredNode }; result: ObservedNode };
  /** The present text of files, for a diff; null where absent, larger than 256 KiB, binary or sensitive. */
  readTexts: {
    params: { readonly paths: readonly string[] };
    result: { readonly texts: Readonly<Record<string, string | null>> };
  };
  /**
   * Announces `chunks` chunk frames, which bring the bytes of the blob from `offset` on: each as it
   * is, or encoded by itself (at most 1 MiB when decoded). The answer comes after the last one was
   * stored and the whole checked.
   */
  putBlob: {
    params: {
      readonly digest: Digest;
      readonly sizeBytes: number;
      readonly encoding: "identity" | "zstd";
      readonly offset: number;
      readonly chunks: number;
    };
    result: Record<string, never>;
  };
  /** Carries out a plan, step by step with events; on failure goes back to the last good generation. */
  apply: {
    params: {
      readonly desired: DesiredNode;
      readonly plan: NodePlan;
      /** Rules of `check` whose errors the user has allowed; kept with the generation. */
      readonly allowedRules: readonly string[];
    };
    result: ApplyReport;
  };
  /** Marks the generation that apply left running as good (after verification and Node Ready). */
  commit: { params: { readonly generation: number }; result: Record<string, never> };
  /** Goes back to the generation before; used when verification or Node Ready fails after apply. */
  rollback: {
    params: { readonly generation: number; readonly why: string };
    result: RollbackReport;
  };
  /** The generations that the node remembers, the newest first. */
  history: {
    params: Record<string, never>;
    result: { readonly generations: readonly HistoryEntry[] };
  };
  /** What a good generation was to be, to be applied again; without one, that before the current. */
  recall: {
    params: { readonly generation?: number };
    result: { readonly generation: number; readonly desired: DesiredNode };
  };
  reset: {
    params: { readonly dryRun: boolean };
    result: ResetReport;
  };
  status: { params: Record<string, never>; result: NodeStatus };
  /** Links, routes, pods, reservations, Services and connections as they are: for `map`. */
  network: { params: Record<string, never>; result: NodeNetwork };
  /** Whether the node itself reaches a TCP port, by the name that its programs will use. */
  dial: {
    params: { readonly host: string; readonly port: number };
    result: DialResult;
  };
  /** What systemd says of a unit now, while something else is waited for. */
  unit: {
    params: { readonly unit: string };
    result: { readonly activeState: string; readonly subState: string };
  };
  journal: {
    params: { readonly unit: string; readonly lines: number };
    result: { readonly lines: readonly string[] };
  };
  /** The phases of `nodewright verify`; parameters and results are those of node/verify. */
  verify: {
    params: { readonly phase: string; readonly options: unknown };
    result: unknown;
  };
}

export type MethodName = keyof NodeMethods;

export type Request<M extends MethodName = MethodName> = {
  [K in M]: { readonly id: number; readonly method: K; readonly params: NodeMethods[K]["params"] };
}[M];

export interface WireError {
  readonly kind: string;
  readonly message: string;
  readonly detail?: string;
  readonly fix?: string;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError }
  | { readonly id: number; readonly event: NodeEvent };

/** What happens on the node while a request is being carried out. */
export type NodeEvent =
  | { readonly kind: "step-started"; readonly index: number; readonly step: Step }
  | { readonly kind: "step-done"; readonly index: number; readonly step: Step; readonly ms: number }
  | { readonly kind: "rolling-back"; readonly to: number | null; readonly why: string }
  | { readonly kind: "note"; readonly text: string };

export interface ApplyReport {
  readonly generation: number;
  readonly changed: boolean;
  /** Milliseconds from the first step to the last. */
  readonly ms: number;
}

export interface RollbackReport {
  /** The generation that runs now; null: the node is as before the first apply. */
  readonly generation: number | null;
  /** What could not be brought back, if anything. */
  readonly problems: readonly string[];
}

/** A file that one generation changed; an origin is null where it had no such file. */
export interface FileChange {
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A generation as `history` shows it. */
export interface HistoryEntry extends Generation {
  /** The good generation that it started from; null: the machine without nodewright. */
  readonly base: number | null;
  readonly isCurrent: boolean;
  /** Against `base`; null where that one is forgotten. */
  readonly changes: readonly FileChange[] | null;
  /** True where the node still has all of its contents: it can be returned to. */
  readonly isKept: boolean;
}

export interface ResetReport {
  /** What was (or with dryRun: would be) taken away or restored, in order. */
  readonly removed: readonly string[];
  readonly restored: readonly string[];
  /** Left alone because it was there before nodewright or was changed by someone else. */
  readonly kept: readonly string[];
  /** Found by the check after the removal; empty where nothing is left. */
  readonly leftovers: readonly string[];
}

/** The certificate of a file that ends first. */
export interface CertificateExpiry {
  readonly path: string;
  /** Its common name, or empty. */
  readonly subject: string;
  readonly notAfterMs: number;
}

export interface NodeStatus {
  readonly toolVersion: string;
  readonly current?: Generation;
  readonly interrupted?: Generation;
  readonly units: Readonly<
    Record<
      string,
      { readonly activeState: string; readonly subState: string; readonly unitFileState: string }
    >
  >;
  /** The last apply, where it failed and was rolled back. */
  readonly failed?: Generation;
  /** Units that should run and do not. */
  readonly stopped: readonly string[];
  /** Routes that are not as they were set; null: there is none. */
  readonly routes: readonly {
    readonly destination: string;
    readonly via: string;
    readonly found: string | null;
  }[];
  /** Owned files that are not as they were put: changed, mode, absent. */
  readonly drift: readonly { readonly path: string; readonly what: string }[];
  /** The certificate that ends first in each file that has one. */
  readonly certificates: readonly CertificateExpiry[];
  readonly versions: Readonly<Record<string, string>>;
}

export type Emit = (event: NodeEvent) => void;
