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

/** What systemd says of a unit (`systemctl show`). */
export interface ObservedUnit {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** `enabled`, `disabled`, `masked`, `` where there is no file. */
  readonly unitFileState: string;
  readonly needDaemonReload: boolean;
  /** Drop-ins that change it, absolute paths. */
  readonly dropIns: readonly string[];
  /** Epoch milliseconds at which it was last started; absent where it is not running. */
  readonly startedAtMs?: number;
}

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
  readonly error?: string;
}

/** How a node is, as far as a plan needs to know it. */
export interface ObservedNode {
  readonly files: Readonly<Record<string, ObservedFile>>;
  readonly units: Readonly<Record<string, ObservedUnit>>;
  /** Files that the last generation put there (path to digest): what is no longer desired goes. */
  readonly owned: Readonly<Record<string, Digest>>;
  readonly ownedUnits: readonly string[];
  /** Files changed since a unit that reads them was last (re)started by us: an apply was interrupted between. */
  readonly pendingRestarts: readonly string[];
  readonly current?: Generation;
  readonly interrupted?: Generation;
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** Modules that are neither built in nor loaded. */
  readonly missingModules: readonly string[];
  readonly activeSwaps: readonly string[];
  /** Lines of /etc/fstab or swap units that would bring swap back at boot. */
  readonly persistentSwaps: readonly string[];
  /** Destination CIDR to gateway, for the routes that were asked about. */
  readonly routes: Readonly<Record<string, string | null>>;
  /** Blobs of the desired files that the node does not have yet. */
  readonly missingBlobs: readonly MissingBlob[];
}

/** A blob to send; `receivedBytes` of its encoded form are there from an earlier attempt. */
export interface MissingBlob {
  readonly digest: Digest;
  readonly receivedBytes: number;
}
