import type { Problem, SourceLocation } from "../../base/mod.ts";
import type { Cidr, IpAddress } from "../../ip/mod.ts";
import type { FileProblem } from "./file-problem.ts";

/** A line of machines.txt (the inventory's own Machine fits it). */
export interface InventoryMachine {
  readonly name: string;
  readonly fqdn: string;
  /** The first address: the one that SSH connects to. */
  readonly address: string;
  readonly addresses: readonly {
    readonly text: string;
    readonly address: IpAddress;
    readonly location: SourceLocation;
  }[];
  /** Empty: the machine is not a worker. */
  readonly podSubnets: readonly {
    readonly text: string;
    readonly cidr: Cidr;
    readonly location: SourceLocation;
  }[];
  readonly location: SourceLocation;
  readonly nameLocation: SourceLocation;
  readonly fqdnLocation: SourceLocation;
}

/** What holds for the whole cluster, from the cluster directory. */
export interface Inventory {
  readonly machines: readonly InventoryMachine[];
  /** The network of all pods, where it is known. */
  readonly clusterCidrs?: { readonly cidrs: readonly Cidr[]; readonly location: SourceLocation };
  /** Whether apply makes routes between the nodes' pod subnets. */
  readonly hasRoutes: boolean;
  /** Whether apply masquerades what leaves the cluster CIDR; undefined: not said. */
  readonly masquerades?: boolean;
  /** Images that every node gets as archives, by the reference that they have once imported. */
  readonly images: readonly { readonly reference: string }[];
  /** What reading machines.txt, nodewright.yaml and the directory has found. */
  readonly problems: readonly Problem[];
  /** What the files of the directory give by themselves, where there is no worker to render them for. */
  readonly templateProblems?: readonly FileProblem[];
}
