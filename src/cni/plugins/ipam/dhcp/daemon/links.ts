import type { Clock } from "../../../../../base/mod.ts";
import { CNI_ERROR } from "../../../../errors.ts";
import { netnsIdentity } from "../../../lib/same-netns.ts";
import { type LinkTarget, openTransport, PodGoneError } from "../client/kernel-transport.ts";
import type { Transport } from "../client/transport.ts";
import type { LeaseRecord, TakenOff } from "./lease-record.ts";
import { putBack, readAddressing, takeOff } from "./taken-off.ts";

/** The links of pods, as far as leases are concerned. */
export interface Links {
  /** Which namespace a path leads to; undefined where there is none. */
  identify(netns: string): string | undefined;
  /** Opens a link for DHCP; PodGoneError where it or its namespace is gone. */
  open(target: LinkTarget, options: { readonly takeUp: boolean }): Promise<Transport>;
  /** What the link would lose with an address; undefined where it is gone. */
  readAddressing(target: LinkTarget, address: number): TakenOff | undefined;
  takeOff(target: LinkTarget, address: number, takenOff: TakenOff): void;
  putBack(target: LinkTarget, address: number, takenOff: TakenOff): void;
}

/** The kernel's. `prefix` stands before every path of a namespace: the host's root in a container. */
export function kernelLinks(clock: Clock, prefix: string): Links {
  const inHost = (target: LinkTarget): LinkTarget => ({
    ...target,
    netns: `${prefix}${target.netns}`,
  });
  return {
    identify: (netns) => netnsIdentity(`${prefix}${netns}`),
    open: (target, { takeUp }) => openTransport(inHost(target), { clock, takeUp }),
    readAddressing: (target, address) => readAddressing(inHost(target), address),
    takeOff: (target, address, takenOff) => takeOff(inHost(target), address, takenOff),
    putBack: (target, address, takenOff) => putBack(inHost(target), address, takenOff),
  };
}

/** Where a lease's link is; PodGoneError where the path leads to nothing or to another namespace. */
export function targetOf(links: Links, { owner, netns, netnsId }: LeaseRecord): LinkTarget {
  if (links.identify(netns) === netnsId) return { netns, ifName: owner.ifName };
  throw new PodGoneError(CNI_ERROR.invalidNetns, `The network namespace "${netns}" is gone`);
}
