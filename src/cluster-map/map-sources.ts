import type { EndpointSlice, Service } from "../kube/types/mod.ts";
import type { NodeNetwork } from "../node/mod.ts";

/** A machine of the inventory, and what the map knows of how it should be. */
export interface MachineSource {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly podSubnets: readonly string[];
  /** Routes that the machine was given. */
  readonly routes: readonly { readonly destination: string; readonly via: string }[];
}

/** A node that was asked. */
export interface NodeSource extends MachineSource {
  readonly network: NodeNetwork;
}

/** What a map is made of: plain data. */
export interface MapSources {
  readonly takenAt: string;
  /** All machines, asked or not. */
  readonly machines: readonly MachineSource[];
  readonly nodes: readonly NodeSource[];
  readonly services:
    | {
        readonly ok: true;
        readonly services: readonly Service[];
        readonly slices: readonly EndpointSlice[];
      }
    | { readonly ok: false; readonly why: string };
}
