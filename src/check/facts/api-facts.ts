/** What the API server says, read through a kubeconfig of an administrator. Plain JSON. */
export interface ApiFacts {
  /** The URL asked. */
  readonly server: string;
  /** gitVersion of /version: `v1.36.0`. */
  readonly version: string;
  readonly nodes: readonly ApiNode[];
  readonly csrs: readonly ApiCsr[];
  readonly services: readonly ApiService[];
  /** Node name to what is not a mirror of its own static pods: the pods bound to it. */
  readonly pods: readonly ApiPod[];
  /** Whether the apiserver's kubelet client may use nodes/proxy and the like; null where it could not be asked. */
  readonly kubeletAccess: {
    /** The user that the rule is about, `kubernetes` in the tutorial. */
    readonly user: string;
    readonly isAllowed: boolean;
    readonly reason: string;
  } | null;
  /**
   * Secrets bootstrap-token-ID of kube-system: their ids and expiry, null where they never expire;
   * null where they could not be read. The secret halves are not kept.
   */
  readonly bootstrapTokens:
    | readonly { readonly id: string; readonly expiresMs: number | null }[]
    | null;
  /** Whether system:kube-proxy may list services and EndpointSlices; null where it could not be asked. */
  readonly proxyAccess: { readonly isAllowed: boolean; readonly reason: string } | null;
}

export interface ApiNode {
  readonly name: string;
  readonly uid: string;
  readonly creationMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly {
    readonly key: string;
    readonly value: string;
    readonly effect: string;
  }[];
  readonly isUnschedulable: boolean;
  readonly podCidrs: readonly string[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  readonly machineId: string;
  readonly bootId: string;
  readonly kubeletVersion: string;
  readonly containerRuntimeVersion: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

export interface ApiCsr {
  readonly name: string;
  readonly signerName: string;
  readonly username: string;
  readonly isPending: boolean;
  readonly createdMs: number;
}

export interface ApiService {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIps: readonly string[];
}

export interface ApiPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ips: readonly string[];
  readonly isHostNetwork: boolean;
}
