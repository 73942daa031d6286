import type { LinkTraffic } from "../node/mod.ts";

/** Something that should not be so, and where. */
export interface Stray {
  readonly kind:
    | "link-without-pod"
    | "pod-without-link"
    | "address-without-pod"
    | "no-ready-endpoint"
    | "endpoint-without-pod"
    | "missing-route"
    | "not-routed"
    | "unknown";
  /** Undefined where it concerns the cluster. */
  readonly node: string | undefined;
  /** What it is about: a link, an address, a Service, a destination. */
  readonly subject: string;
  readonly message: string;
}

/** The inside end of a pod's veth pair. */
export interface MapPodLink {
  readonly namespace: string;
  readonly pod: string;
  readonly ifName: string;
  /** `10.200.0.5/24` */
  readonly addresses: readonly string[];
}

/** A link of a node. Ports hang below their bridge. */
export interface MapLink {
  readonly name: string;
  /** `bridge`, `veth`; empty for hardware and `lo`. */
  readonly kind: string;
  readonly isUp: boolean;
  readonly mtu: number;
  readonly addresses: readonly string[];
  readonly received: LinkTraffic | undefined;
  readonly sent: LinkTraffic | undefined;
  /** The pod that has the other end. */
  readonly pod: MapPodLink | undefined;
  readonly ports: readonly MapLink[];
  readonly isStray: boolean;
}

export interface MapRoute {
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly link: string | undefined;
  /** `unicast`, `blackhole` */
  readonly type: string;
  /** Where it leads, as far as that is known: `pods of node-1`. */
  readonly leadsTo: string | undefined;
}

export interface MapPod {
  readonly namespace: string;
  readonly name: string;
  readonly isReady: boolean;
  readonly isHostNetwork: boolean;
  /** Without prefix lengths: `10.200.0.5`. */
  readonly addresses: readonly string[];
  readonly routes: readonly MapRoute[];
}

export interface MapNode {
  readonly name: string;
  readonly address: string;
  readonly podSubnets: readonly string[];
  /** Links without a master; ports are below their bridge. */
  readonly links: readonly MapLink[];
  readonly routes: readonly MapRoute[];
  readonly pods: readonly MapPod[];
  /** Whether kube-proxy's nftables table is there; false for another mode, or no proxy. */
  readonly hasProxyTable: boolean;
}

/** Where a Service's port leads. */
export interface MapEndpoint {
  readonly address: string;
  readonly port: number;
  readonly isReady: boolean;
  /** `default/web-1`, or empty. */
  readonly pod: string;
  readonly node: string;
  /** Tracked connections of all nodes that were asked; undefined where none can list them. */
  readonly connections: number | undefined;
}

export interface MapServicePort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly endpoints: readonly MapEndpoint[];
}

export interface MapService {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /** Empty for a headless Service. */
  readonly addresses: readonly string[];
  readonly ports: readonly MapServicePort[];
  /** Where an ExternalName leads. */
  readonly externalName: string | undefined;
}

/** The network of a cluster at one moment. */
export interface ClusterMap {
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly nodes: readonly MapNode[];
  /** undefined: `servicesProblem` says why. */
  readonly services: readonly MapService[] | undefined;
  readonly servicesProblem: string | undefined;
  readonly strays: readonly Stray[];
}
