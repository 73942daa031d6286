import type { Problem } from "../../../base/mod.ts";
import type { JsonObject } from "../../json.ts";
import type { CniCommand } from "../../skel/plugin.ts";
import type { KernelChange } from "./compare-items.ts";
import type { DelegateCall } from "./delegate-recorder.ts";
import type { Picture } from "./picture.ts";

/** A file of the network directory, and what became of it. */
export interface TracedFile {
  readonly path: string;
  readonly form: "list" | "single";
  /** The network that it has; undefined where it is malformed. */
  readonly network: string | undefined;
  readonly verdict: "chosen" | "another network" | "hidden by the chosen one" | "malformed";
  /** True for the one that a container runtime takes for its pods. */
  readonly isRuntimeDefault: boolean;
  readonly problems: readonly Problem[];
}

/** Where a plugin was looked for. */
export interface TracedSearch {
  readonly type: string;
  readonly tried: readonly { readonly path: string; readonly isThere: boolean }[];
}

/** One call of a plugin by the runtime. */
export interface TracedCall {
  readonly command: CniCommand;
  readonly index: number;
  readonly type: string;
  readonly path: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  readonly isTimedOut: boolean;
  /** Since the trace began. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Calls that the plugin made itself. */
  readonly delegates: readonly DelegateCall[];
  readonly changes: readonly KernelChange[];
  /** The same changes as commands of a shell: see commandsByHand. */
  readonly commands: readonly string[];
}

/** An error as a report holds it. */
export interface TracedError {
  readonly code: number;
  readonly message: string;
  readonly details: string;
}

/** One operation over all plugins of the network. */
export interface TracedOperation {
  readonly command: CniCommand;
  readonly calls: readonly TracedCall[];
  readonly error: TracedError | undefined;
}

/** Everything that happened when a network was traced. */
export interface TraceReport {
  readonly network: string;
  readonly cniVersion: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly nodewright: string;
  readonly kernel: string;
  readonly confDir: string;
  readonly files: readonly TracedFile[];
  /** The chosen file as it stands. */
  readonly confText: string;
  readonly netns: {
    readonly path: string;
    readonly inode: number;
    /** Made for the trace, and taken away after it. */
    readonly isTemporary: boolean;
  };
  /** How such a namespace is made by hand; empty where it has no name. */
  readonly netnsCommands: readonly string[];
  readonly containerId: string;
  readonly ifName: string;
  readonly search: readonly TracedSearch[];
  readonly add: TracedOperation;
  /** What the runtime has in the end: the last plugin's result, and where it keeps it. */
  readonly result: JsonObject | undefined;
  readonly cachePath: string;
  readonly del: TracedOperation;
  /** What is otherwise than before, after DEL. */
  readonly leftovers: readonly KernelChange[];
  /** The namespaces after ADD. */
  readonly picture: Picture;
}
