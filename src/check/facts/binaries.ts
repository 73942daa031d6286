/** An executable of a node: what its own bytes say. */
export interface BinaryFact {
  /** Absolute path on the node. */
  readonly path: string;
  /** The name for messages: a path on the node, `debian runc 1.1.5`, a file of downloads/. */
  readonly origin: string;
  /** ELF machine in uname's words (`x86_64`, `aarch64`); undefined for scripts. */
  readonly machine?: string;
  /** nodewright itself under the program's name. */
  readonly isBuiltin?: boolean;
  /** A sentence part where it is no executable that can run: `an HTML page`, `cut off`. */
  readonly damage?: string;
  /** As it says itself, without a leading "v". */
  readonly version?: string;
  /** The newest glibc symbol version that it asks for: `2.34`. */
  readonly glibc?: string;
  readonly interpreter?: string;
  /** SHA-256, lower-case hexadecimal, where it was worked out. */
  readonly sha256?: string;
}

/** Components whose versions rules ask for. */
export type VersionedComponent =
  | "containerd"
  | "runc"
  | "cni-plugins"
  | "crictl"
  | "kubelet"
  | "kube-proxy"
  | "kubectl";

/** Version texts of what a node has, or would have: `1.6.20~ds1`, `1.36.0`. */
export type ComponentVersions = Readonly<Partial<Record<VersionedComponent, string>>>;
