import type { ObservedUnit } from "../machine/mod.ts";
import type { Digest } from "./desired.ts";

/** What is at a path of a node. */
export type ObservedFile =
  | { readonly kind: "absent" }
  | {
      readonly kind: "file";
      readonly digest: Digest;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly sizeBytes: number;
    }
  /** A directory, a symbolic link, a device: nodewright does not write over it unasked. */
  | { readonly kind: "other"; readonly what: string };

/** A generation: one set of files and units that nodewright brought to a node. */
export interface Generation {
  readonly id: number;
  /** `applying` in a stored record means that an apply was interrupted. */
  readonly state: "applying" | "good" | "failed";
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly toolVersion: string;
  /** The digest of the whole desired state, to tell two generations apart. */
  readonly desiredDigest: Digest;
  /** Rules of `check` whose errors were allowed when it was applied. */
  readonly allowedRules?: readonly string[];
  readonly error?: string;
}

/** How a node is, as far as a plan needs to know it. */
export interface ObservedNode {
  readonly files: Readonly<Record<string, ObservedFile>>;
  readonly units: Readonly<Record<string, ObservedUnit>>;
  /** Files that the last generation put there (path to digest): what is no longer desired goes. */
  readonly owned: Readonly<Record<string, Digest>>;
  readonly ownedUnits: readonly string[];
  /** Paths whose original (there before nodewright, different) is kept on the node. */
  readonly originals: readonly string[];
  /**
   * Unit to the files that changed since it was last (re)started with them: an apply was
   * interrupted between the two. Units that run as they should are not in it.
   */
  readonly pendingRestarts: Readonly<Record<string, readonly string[]>>;
  readonly current?: Generation;
  readonly interrupted?: Generation;
  /** Of the desired keys and of those in `formerSysctls`; null where the kernel has no such key. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** Keys that nodewright set earlier and that are no longer desired, with their value before it. */
  readonly formerSysctls: Readonly<Record<string, string>>;
  /** Modules neither built in nor loaded, of those that are required or that modprobe could load. */
  readonly missingModules: readonly string[];
  /** Swap in use now, as in /proc/swaps; empty in a container, where swap is its host's affair. */
  readonly activeSwaps: readonly string[];
  /** What would bring swap back at boot: `fstab WHAT` for a line of /etc/fstab, `unit NAME`. */
  readonly persistentSwaps: readonly string[];
  /**
   * Destination CIDR to gateway (null: no route), for the desired ones and for those that
   * nodewright set earlier and nobody has changed since.
   */
  readonly routes: Readonly<Record<string, string | null>>;
  /** Of the desired images, those that the runtime has; empty where it does not answer. */
  readonly images: readonly string[];
  /** Blobs of the desired files that the node does not have yet. */
  readonly missingBlobs: readonly MissingBlob[];
}

/** A blob to send; its first `receivedBytes` are there from an earlier attempt. */
export interface MissingBlob {
  readonly digest: Digest;
  readonly receivedBytes: number;
}
