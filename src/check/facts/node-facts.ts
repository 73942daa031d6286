import type { Problem, Result, SourceLocation } from "../../base/mod.ts";
import type {
  CniConfig,
  CniPluginConfig,
  ConfigDocument,
  ContainerdConfig,
  Kubeconfig,
  KubeletConfig,
  KubeProxyConfig,
  Located,
  ReadEnvironment,
  ResolvedContext,
  UnitFile,
} from "../../config/mod.ts";
import type { CertificateInfo } from "../../x509/mod.ts";
import type { Version } from "../version.ts";
import type { ApiFacts, ApiNode } from "./api-facts.ts";
import type { BinaryFact, VersionedComponent } from "./binaries.ts";
import type { Distribution } from "./distributions.ts";
import type { FileProblem } from "./file-problem.ts";
import type { HostFacts, HostRuntime } from "./host-facts.ts";
import type { Inventory, InventoryMachine } from "./inventory.ts";
import type { NodeFile, NodeTree } from "./node-tree.ts";

/** Everything that a rule can ask of one node, by name. What is not known is undefined. */
export interface NodeFactMap {
  /** The node's name: of machines.txt, or the machine's own. */
  readonly name: string;
  readonly now: Date;
  /** All files; a rule that only needs a model asks for that, and is then asked once for equal nodes. */
  readonly files: NodeTree;
  /** Its line of machines.txt. */
  readonly machine: InventoryMachine;
  /** The cluster directory's inventory. */
  readonly inventory: Inventory;
  readonly containerdConfig: ContainerdConfig;
  readonly kubeletConfig: KubeletConfig;
  readonly kubeProxyConfig: KubeProxyConfig;
  /** Units with their drop-ins merged. */
  readonly containerdUnit: UnitFact;
  readonly kubeletUnit: UnitFact;
  readonly kubeProxyUnit: UnitFact;
  /** /etc/crictl.yaml */
  readonly crictlConfig: ConfigDocument;
  readonly kubeletKubeconfig: KubeconfigFact;
  readonly kubeProxyKubeconfig: KubeconfigFact;
  /** What the kubelet asks for its first certificate with (--bootstrap-kubeconfig). */
  readonly bootstrapKubeconfig: KubeconfigFact;
  /** The kubelet's serving certificate and key, as its configuration names them. */
  readonly kubeletServing: TlsPair;
  /** The authority that the kubelet holds its callers against. */
  readonly clientAuthority: CertificateFact;
  /** Every network configuration of conf_dir, in the order in which containerd reads them. */
  readonly networks: readonly NetworkFact[];
  readonly versions: Versions;
  /** Executables by path on the node. */
  readonly binaries: ReadonlyMap<string, BinaryFact>;
  /** Configurations that the node's programs are told to read and that are not at hand. */
  readonly notFound: readonly NotFound[];
  /** What reading and parsing the node's files has found. */
  readonly fileProblems: readonly FileProblem[];
  /** What rendering the node's files from a cluster directory has found beside `fileProblems`. */
  readonly renderProblems: readonly Problem[];
  readonly host: HostFacts;
  /** What brings swap at the next boot. */
  readonly persistentSwaps: HostFacts["persistentSwaps"];
  readonly runtime: HostRuntime;
  readonly api: ApiFacts;
  /** The Node object of that name. */
  readonly apiNode: ApiNode;
  /** The same node as it runs now, where a step from it is judged. */
  readonly previous: NodeFacts;
}

export type NodeFactName = keyof NodeFactMap;

/** The facts of one node; each is worked out when it is first asked for. */
export type NodeFacts = { readonly [K in NodeFactName]?: NodeFactMap[K] | undefined } & {
  readonly name: string;
};

/** A unit as systemd takes it: the first file of its name, with all drop-ins. */
export interface UnitFact {
  /** `containerd.service` */
  readonly name: string;
  /** Path on the node of the main file. */
  readonly path: string;
  /** Its commands are those that are really started: variables and specifiers are put in. */
  readonly unit: UnitFile;
  readonly environment: ReadEnvironment;
  /** Paths on the node of its drop-ins, in order. */
  readonly dropIns: readonly string[];
  /** The distribution whose service runs this program as a part of its own. */
  readonly distribution?: Distribution;
}

/** A kubeconfig with what its certificates say. */
export interface KubeconfigFact {
  /** Path on the node. */
  readonly path: string;
  /** The name for locations. */
  readonly shown: string;
  readonly kubeconfig: Kubeconfig;
  readonly context: Result<ResolvedContext, Problem>;
  /** Undefined where the user has no client certificate, or it is in a file that is not there. */
  readonly clientCertificate: Result<CertificateInfo, string> | undefined;
  /** Of the client key's public half. */
  readonly clientKey: Result<string, string> | undefined;
  readonly authority: Result<CertificateInfo, string> | undefined;
  readonly authorityPem: string | undefined;
}

export interface CertificateFact {
  readonly path: string;
  readonly shown: string;
  readonly pem: string;
  readonly info: Result<CertificateInfo, string>;
}

/** A certificate and its key as a configuration names them; undefined parts are not there. */
export interface TlsPair {
  readonly certificatePath: Located<string>;
  readonly keyPath: Located<string>;
  readonly certificate: CertificateFact | undefined;
  /** The fingerprint of the key's public half (CertificateInfo.keyFingerprint), or why there is none. */
  readonly key:
    | { readonly shown: string; readonly fingerprint: Result<string, string> }
    | undefined;
}

/** A file of conf_dir that libcni would consider. */
export interface NetworkFact {
  readonly file: NodeFile;
  /** `10-bridge.conf` */
  readonly name: string;
  /** Undefined where it cannot be parsed. */
  readonly config: CniConfig | undefined;
  readonly plugins: readonly CniPluginConfig[];
  readonly problems: readonly Problem[];
}

/** A file that a program reads, and the fact that is not known without it. */
export interface NotFound {
  readonly fact: NodeFactName;
  /** As the flag names it, or where it usually is. */
  readonly path: string;
  /** Of the flag; undefined where none names the file. */
  readonly location?: SourceLocation;
}

/** Versions that could be told, by component. */
export type Versions = Readonly<Partial<Record<VersionedComponent, Version>>>;
