import type { Clock } from "../base/mod.ts";
import type { Arch } from "./arch.ts";
import type { CommandRunner } from "./command.ts";
import type { Component } from "./component.ts";
import type { Lock } from "./lock.ts";
import type { ComponentsSettings } from "./settings.ts";

/** Where files can come from. */
export type Source = "downloads" | "debian" | "upstream" | "builtin";

/** What the dynamic loader of a node must have for a file to start; absent for static files. */
export interface LoaderNeeds {
  /** Absolute path of the loader, e.g. /lib64/ld-linux-x86-64.so.2. */
  readonly interpreter: string;
  /** Newest glibc version that is asked for, e.g. `2.34`. */
  readonly glibc?: string;
  /** Names of shared libraries, e.g. `libseccomp.so.2`. */
  readonly libraries: readonly string[];
}

/** One file that a node gets. */
export interface ArtifactFile {
  readonly name: string;
  /** Absolute path on the node. */
  readonly installPath: string;
  readonly mode: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Absolute path on the jumpbox: in the cache, or in downloads/. */
  readonly localPath: string;
  /** For messages: `downloads/worker/runc`, `debian runc 1.1.5+ds1-1`, a URL. */
  readonly origin: string;
  readonly version?: string;
  readonly needs?: LoaderNeeds;
}

/** All files of one component for one architecture. */
export interface ArtifactSet {
  readonly kind: "set";
  readonly component: Component;
  readonly source: Source;
  /** As the files say, without a leading "v"; `unknown` where nothing says it. */
  readonly version: string;
  readonly arch: Arch;
  /** Sorted by name. */
  readonly files: readonly ArtifactFile[];
}

/** A component that a node does not get. */
export interface MissingComponent {
  readonly kind: "missing";
  readonly component: Component;
  /** A sentence part: `downloads/ has no kubelet`. */
  readonly reason: string;
  readonly fix: string;
}

/** What happens while artifacts are being looked for. */
export type ArtifactProgress =
  | { readonly kind: "note"; readonly component: Component; readonly text: string }
  | {
      readonly kind: "download";
      readonly component: Component;
      readonly url: string;
      readonly receivedBytes: number;
      /** Absent where the server does not say. */
      readonly totalBytes?: number;
    };

/** A file that could be (one of) a component's, before it is looked at. */
export interface Candidate {
  /** The name under which it is installed. */
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly origin: string;
  /** What the name of its package, archive or URL says of its version. */
  readonly versionHint?: string;
  /** True where a script may stand for the binary: the user put it there. */
  readonly mayBeScript: boolean;
}

/** Where the candidates were taken from, so that the same bytes can be had again. */
export interface LockedOrigin {
  /** A URL, or `deb NAME=VERSION`. */
  readonly from: string;
  readonly sha256: string;
  /** The pinned key whose signature these bytes had: `minisign:KEY`, `cosign:SHA256`. */
  readonly signedBy?: string | undefined;
}

/** What a source gives for a component. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly origins: readonly LockedOrigin[];
  /** Sentence parts about what was there but not taken: `runc.arm64 is for arm64`. */
  readonly notes: readonly string[];
}

/** What to resolve. */
export interface ResolveOptions {
  readonly clusterDir: string;
  /** The node's architecture. */
  readonly arch: Arch;
  readonly components: ComponentsSettings;
  readonly cacheDir: string;
  readonly lock: Lock;
  /** True, or the component among these: the lock's version is not asked for, its digest not enforced. */
  readonly update?: boolean | readonly Component[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ArtifactProgress) => void;
}

/** What resolving works with: programs, time, environment of the jumpbox. */
export interface ResolveDeps {
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The jumpbox's own architecture; undefined where it is none of ours. */
  readonly hostArch: Arch | undefined;
  /** nodewright's own executable for an architecture; undefined where there is none. */
  readonly builtin?: (arch: Arch) => Promise<BuiltinExecutable | undefined>;
}

/** The components that nodewright's executable is itself. */
export type BuiltinExecutable = Readonly<Partial<Record<Component, BuiltinComponent>>>;

/** A file of a builtin component on this machine, and what it is called there. */
export interface BuiltinFile {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A component that the executable is itself. */
export interface BuiltinComponent {
  /** The executable by each name that it is called by, or a small program that leads to it. */
  readonly files: readonly BuiltinFile[];
  /** Without a leading "v": nodewright's own, or that of the program that it stands for. */
  readonly version: string;
}
