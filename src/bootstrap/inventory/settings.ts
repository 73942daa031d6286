import type { ComponentsSettings } from "../../artifacts/mod.ts";
import type { SourceLocation } from "../../base/mod.ts";
import type { RuleId } from "../../check/mod.ts";
import type { Cidr } from "../../ip/mod.ts";
import type { Hooks } from "./hooks.ts";

/** `ssh` of nodewright.yaml. What is absent is left to the user's own ssh_config. */
export interface SshSettings {
  /** What to connect to instead of the address of machines.txt: a name or an ssh_config host. */
  readonly host?: string;
  readonly user?: string;
  readonly port?: number;
  /** Absolute path. */
  readonly identityFile?: string;
  readonly jumpHost?: string;
  /** Absolute path. */
  readonly knownHostsFile?: string;
  /** Further `-o KEY=VALUE` options. */
  readonly options: Readonly<Record<string, string>>;
  readonly connectTimeoutS: number;
}

export const SUDO_MODES = ["auto", "never", "always"] as const;
export type SudoMode = (typeof SUDO_MODES)[number];

/** A file of the directory that goes to a place on the node: `files` of nodewright.yaml. */
export interface FileOverride {
  /** Absolute path on the node. */
  readonly target: string;
  /** Path in the cluster directory. */
  readonly source: string;
  /** Permission bits; absent: as the place usually has (0600 for what only root may read, else 0644). */
  readonly mode?: number;
  readonly location: SourceLocation;
}

/** The settings of one node: the cluster's, with `nodes.NAME` over them. */
export interface NodeSettings {
  readonly ssh: SshSettings;
  readonly sudo: SudoMode;
  /** What is not named comes from downloads/. */
  readonly components: ComponentsSettings;
  readonly files: readonly FileOverride[];
  readonly hooks: Hooks;
}

/** `images.REFERENCE` of nodewright.yaml. */
export interface ImageArchive {
  /** The name that the image has once imported: `registry.k8s.io/pause:3.10`. */
  readonly reference: string;
  /** Absolute path of an OCI or docker archive on the jumpbox. */
  readonly path: string;
}

/** How many nodes may be out of service at once: a number, or a share of the workers. */
export type MaxUnavailable = { readonly count: number } | { readonly percent: number };

/** An entry of `check.ignore` of nodewright.yaml. */
export interface IgnoredFinding {
  /** `NW-D15` */
  readonly rule: RuleId;
  readonly reason: string;
  /** Absent: on all nodes. */
  readonly nodes?: readonly string[];
}

/** nodewright.yaml, every default filled in. */
export interface Settings extends NodeSettings {
  /** Only the nodes that have something of their own. */
  readonly nodes: ReadonlyMap<string, NodeSettings>;
  /** Nodes that are worked on at once. */
  readonly parallelism: number;
  readonly maxUnavailable: MaxUnavailable;
  /** Failed nodes with which a change still goes on to further ones. */
  readonly maxFailures: number;
  /** How long each unit, and the Node, may take to be ready; absent: as each usually needs. */
  readonly readyTimeoutMs?: number;
  /** For all pods of a node together. */
  readonly drainTimeoutMs: number;
  /** Whether each node gets routes to the pod subnets of the others. */
  readonly routes: boolean;
  /** Whether the machines without a pod subnet (the control plane) get routes to all of them. */
  readonly serverRoutes: boolean;
  /** Whether each node masquerades what its pods send out of the cluster CIDR; absent: not said, so not. */
  readonly masquerade?: boolean;
  /** Image archives that every node gets and imports: nothing has to be pulled for them. */
  readonly images: readonly ImageArchive[];
  /** A busybox that the verification pods run; pulled where the node does not have it. */
  readonly verifyImage: string;
  /** Findings of `check` that are known and accepted, each with its reason. */
  readonly ignoredFindings: readonly IgnoredFinding[];
  /** The network of all pods where kube-proxy's configuration does not say it; one of each family. */
  readonly clusterCidr?: { readonly cidrs: readonly Cidr[]; readonly location: SourceLocation };
}

/** The defaults of everything in nodewright.yaml, in one place. */
export const DEFAULT_SETTINGS: Settings = {
  ssh: { options: {}, connectTimeoutS: 10 },
  sudo: "auto",
  components: {},
  files: [],
  hooks: {},
  nodes: new Map(),
  parallelism: 10,
  maxUnavailable: { count: 1 },
  maxFailures: 0,
  drainTimeoutMs: 300_000,
  routes: true,
  serverRoutes: false,
  images: [],
  verifyImage: "docker.io/library/busybox:stable",
  ignoredFindings: [],
};

/** The settings that hold for a node. */
export function settingsOf(settings: Settings, node: string): NodeSettings {
  return settings.nodes.get(node) ?? settings;
}

/** `3` or `25%`, as in nodewright.yaml; undefined where the text is neither. */
export function parseMaxUnavailable(text: string): MaxUnavailable | undefined {
  if (/^[1-9]\d{0,8}$/.test(text)) return { count: Number(text) };
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]);
  return percent > 0 && percent <= 100 ? { percent } : undefined;
}

/** The number of nodes that may be out of service at once: at least 1, a percentage rounded down. */
export function unavailableLimit(limit: MaxUnavailable, workers: number): number {
  return Math.max(1, "count" in limit ? limit.count : Math.floor((workers * limit.percent) / 100));
}
