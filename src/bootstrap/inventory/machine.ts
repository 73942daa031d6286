import type { SourceLocation } from "../../base/mod.ts";
import type { Cidr, IpAddress } from "../../ip/mod.ts";

/** An address of a machine, as a number and as it is written in machines.txt. */
export interface MachineAddress {
  readonly text: string;
  readonly address: IpAddress;
  readonly location: SourceLocation;
}

/** A pod subnet of a machine; `text` is what takes the place of the SUBNET placeholder, as written. */
export interface PodSubnet {
  readonly text: string;
  readonly cidr: Cidr;
  readonly location: SourceLocation;
}

/** One line of machines.txt. */
export interface Machine {
  /** HOSTNAME: the node's name, RFC 1123 lower case. */
  readonly name: string;
  readonly fqdn: string;
  /** The first address: the one that SSH connects to. */
  readonly address: string;
  /** One address, or one of each family. */
  readonly addresses: readonly MachineAddress[];
  /** One subnet, or one of each family; empty: the machine is not a worker. */
  readonly podSubnets: readonly PodSubnet[];
  /** Where the line starts, and its name and FQDN. */
  readonly location: SourceLocation;
  readonly nameLocation: SourceLocation;
  readonly fqdnLocation: SourceLocation;
}

/** True where the machine has a pod subnet, that is, becomes a worker node. */
export function isWorker(machine: Machine): boolean {
  return machine.podSubnets.length > 0;
}

/** The machine's address of a family, or undefined. */
export function addressOfFamily(machine: Machine, family: 4 | 6): MachineAddress | undefined {
  return machine.addresses.find((entry) => entry.address.family === family);
}

/** The machine's pod subnet of a family, or undefined. */
export function subnetOfFamily(machine: Machine, family: 4 | 6): PodSubnet | undefined {
  return machine.podSubnets.find((subnet) => subnet.cidr.family === family);
}
