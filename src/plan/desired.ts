/** SHA-256 of a file's bytes, 64 lower-case hex digits. */
export type Digest = string;

/** A regular file that a node should have, owned by root. */
export interface DesiredFile {
  /** Absolute path on the node. */
  readonly path: string;
  /** Permission bits, e.g. 0o644. */
  readonly mode: number;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Keys and kubeconfigs: never shown in a diff, an event or an error. */
  readonly sensitive: boolean;
  /** Whether a text diff makes sense. */
  readonly text: boolean;
  /** Where it comes from on the jumpbox, for messages: `configs/10-bridge.conf`, `debian runc 1.1.5`. */
  readonly origin: string;
}

/** How a started unit shows that it really works. */
export type Readiness =
  | { readonly kind: "active" }
  /** CRI Status answers with RuntimeReady and NetworkReady. */
  | { readonly kind: "cri"; readonly endpoint: string }
  /** HTTP 200 from a loopback URL, e.g. http://127.0.0.1:10248/healthz. */
  | { readonly kind: "http"; readonly url: string }
  /** A oneshot unit that has run and succeeded. */
  | { readonly kind: "exited" };

/** A systemd unit that a node should have; its file is among the files. */
export interface DesiredUnit {
  /** With suffix: `containerd.service`. */
  readonly name: string;
  /** False: installed, disabled and stopped, for `reason`. */
  readonly run: boolean;
  readonly reason?: string;
  /** The files that it reads, its own unit file included: a change of one means a restart. */
  readonly reads: readonly string[];
  readonly ready: Readiness;
  readonly readyTimeoutMs: number;
}

/** A kernel feature and the module that usually brings it. */
export interface DesiredModule {
  readonly module: string;
  /** True: the node cannot work without it. */
  readonly required: boolean;
}

/** A route to another node's pod subnet. */
export interface DesiredRoute {
  /** CIDR. */
  readonly destination: string;
  readonly via: string;
}

/** An image archive on the node; its file is among the files. */
export interface DesiredImage {
  /** The name that the runtime knows it by: `registry.k8s.io/pause:3.10`. */
  readonly reference: string;
  /** Absolute path of an OCI or docker archive. */
  readonly path: string;
}

/** Everything that one worker node should be: plain data, made by render, compared by plan. */
export interface DesiredNode {
  readonly node: string;
  readonly fqdn: string;
  readonly address: string;
  readonly podSubnets: readonly string[];
  readonly files: readonly DesiredFile[];
  /** In the order in which they are started. */
  readonly units: readonly DesiredUnit[];
  readonly modules: readonly DesiredModule[];
  /** Key to value; the file under /etc/sysctl.d that keeps them is among the files. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** "off": swap is turned off now and kept off after a reboot. */
  readonly swap: "off" | "keep";
  /** In force now; the unit that restores them at boot is among the files and units. */
  readonly routes: readonly DesiredRoute[];
  readonly criEndpoint: string;
  /** Images that the runtime has without pulling them, once it runs. */
  readonly images: readonly DesiredImage[];
  /** What pods of this node create outside of our files: reset takes it away. */
  readonly traces: NodeTraces;
}

/** What running pods leave on a node, known from its configuration. */
export interface NodeTraces {
  /** Bridges that the CNI configuration makes: `cni0`. */
  readonly bridges: readonly string[];
  /** CNI network names: folders under /var/lib/cni/networks, masquerade rules. */
  readonly networks: readonly string[];
  /** Directories that the components fill: /var/lib/containerd, /run/containerd ... */
  readonly stateDirs: readonly string[];
}
