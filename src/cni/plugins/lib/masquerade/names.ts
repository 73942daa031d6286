import { formatInterfaceAddress, type InterfaceAddress } from "../../../../ip/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";

/** The attachment whose traffic is masqueraded. */
export interface MasqueradeOwner extends Attachment {
  readonly network: string;
}

/** What the comments on all rules of a network begin with. */
export function networkPrefix(network: string): string {
  return `${hash(network)}-`;
}

/** What the comments on an attachment's rules begin with. */
export function ownerPrefix({ network, ifName, containerId }: MasqueradeOwner): string {
  return networkPrefix(network) + hash(`${ifName}:${containerId}`);
}

/** The comment on an attachment's rules; its end is for people and may be cut. */
export function ownerComment(owner: MasqueradeOwner): string {
  const { network, ifName, containerId } = owner;
  // nft has no way to write a quote.
  const words = `net: ${network}, if: ${ifName}, id: ${containerId}`.replaceAll('"', "");
  return `${ownerPrefix(owner)}, ${words}`;
}

function hash(text: string): string {
  return new Bun.CryptoHasher("sha512").update(text).digest("hex").slice(0, 16);
}

/** Addresses for messages. */
export function addressText(addresses: readonly InterfaceAddress[]): string {
  return addresses.map(formatInterfaceAddress).join(", ");
}
