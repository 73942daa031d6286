/** The parts of a worker node that are files of somebody else's (or, later, our own) making. */
export const COMPONENTS = [
  "containerd",
  "runc",
  "cni-plugins",
  "crictl",
  "kubelet",
  "kube-proxy",
  "kubectl",
] as const;

/** One of the parts. */
export type Component = (typeof COMPONENTS)[number];

/** The parts that nodewright is itself: `source: builtin`. */
const BUILTIN_COMPONENTS = [
  "cni-plugins",
  "kubelet",
  "kube-proxy",
] as const satisfies readonly Component[];

/** Where to look in Debian's packages: the first package that a suite has, the first path in it. */
export interface DebianPlace {
  readonly packages: readonly string[];
  /** Directories inside the package, without a leading slash, that hold the files. */
  readonly dirs: readonly string[];
}

/** What a component consists of and where its files are found and go. */
export interface ComponentSpec {
  readonly component: Component;
  /** The directory on the node, as the origin's last step has it. */
  readonly installDir: string;
  /** Names without which the component does not work. For cni-plugins: what the origin's two configuration files call. */
  readonly required: readonly string[];
  /** Names that are taken where they are there. */
  readonly optional: readonly string[];
  /** True: any well-formed name that is an executable belongs to it (plugin sets grow). */
  readonly open: boolean;
  /** Folders of `downloads/` where the origin puts its plain files, the most particular first. */
  readonly folders: readonly string[];
  /** File names of the upstream archive or of the upstream binary with the architecture in its name. */
  readonly upstreamName: RegExp;
  readonly debian: DebianPlace | undefined;
  /** A node without it: does not work at all, or works as far as it goes. */
  readonly whenAbsent: "error" | "warning";
}

const LOCAL_BIN = "/usr/local/bin";
const BIN_DIRS = ["usr/bin", "usr/sbin", "bin", "sbin"];

/** Everything that the stages need to know about the components, in the order of installation. */
export const COMPONENT_SPECS: Readonly<Record<Component, ComponentSpec>> = {
  containerd: {
    component: "containerd",
    installDir: "/bin",
    required: ["containerd", "containerd-shim-runc-v2"],
    optional: ["containerd-stress", "ctr"],
    open: false,
    folders: ["worker", ""],
    upstreamName: /^containerd-(?:static-)?v?\d[\w.+-]*-linux-[\w]+\.(?:tar\.gz|tgz)$/,
    debian: { packages: ["containerd"], dirs: BIN_DIRS },
    whenAbsent: "error",
  },
  runc: {
    component: "runc",
    installDir: LOCAL_BIN,
    required: ["runc"],
    optional: [],
    open: false,
    folders: ["worker", ""],
    upstreamName: /^runc\.[a-z0-9]+$/,
    debian: { packages: ["runc"], dirs: ["usr/sbin", "usr/bin", "sbin", "bin"] },
    whenAbsent: "error",
  },
  "cni-plugins": {
    component: "cni-plugins",
    installDir: "/opt/cni/bin",
    required: ["bridge", "host-local", "loopback"],
    // Those of nodewright: what the plugins' names lead to.
    optional: [".nodewright", ".nodewright-client"],
    open: true,
    folders: ["cni-plugins"],
    upstreamName: /^cni-plugins-linux-[\w]+-v?\d[\w.+-]*\.(?:tar\.gz|tgz)$/,
    debian: { packages: ["containernetworking-plugins"], dirs: ["usr/lib/cni"] },
    whenAbsent: "error",
  },
  crictl: {
    component: "crictl",
    installDir: LOCAL_BIN,
    required: ["crictl"],
    optional: [],
    open: false,
    folders: ["worker", "client", ""],
    upstreamName: /^crictl-v?\d[\w.+-]*-linux-[\w]+\.(?:tar\.gz|tgz)$/,
    debian: { packages: ["cri-tools"], dirs: BIN_DIRS },
    whenAbsent: "warning",
  },
  kubelet: kubernetes("kubelet", ["worker", ""]),
  "kube-proxy": kubernetes("kube-proxy", ["worker", ""]),
  kubectl: {
    ...kubernetes("kubectl", ["client", "worker", ""]),
    debian: { packages: ["kubectl", "kubernetes-client"], dirs: BIN_DIRS },
  },
};

function kubernetes(
  component: "kubelet" | "kube-proxy" | "kubectl",
  folders: readonly string[],
): ComponentSpec {
  return {
    component,
    installDir: LOCAL_BIN,
    required: [component],
    optional: [],
    open: false,
    folders,
    // dl.k8s.io has plain binaries under their own name, and the archives of client and node.
    upstreamName:
      component === "kubectl"
        ? /^(?:kubectl|kubernetes-(?:client|node|server)-linux-[\w]+\.tar\.gz)$/
        : new RegExp(`^(?:${component}|kubernetes-(?:node|server)-linux-[\\w]+\\.tar\\.gz)$`),
    debian: undefined,
    whenAbsent: "warning",
  };
}

/** True for a word that is a component's name. */
export function isComponent(word: string): word is Component {
  return COMPONENTS.some((component) => component === word);
}

/** True for a part that nodewright is itself. */
export function isBuiltin(component: Component): boolean {
  return BUILTIN_COMPONENTS.some((one) => one === component);
}

/** A plugin's name is a word of its own: no extension, no upper case (LICENSE, README.md lie beside). */
const PLUGIN_NAME = /^[a-z][a-z0-9_-]*$/;

/** True where a file of that name belongs to the component. */
export function isFileOf(spec: ComponentSpec, name: string): boolean {
  return (
    spec.required.includes(name) ||
    spec.optional.includes(name) ||
    (spec.open && PLUGIN_NAME.test(name))
  );
}
