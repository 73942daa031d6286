import type { Attachment } from "../../conf/plugin-conf.ts";

/** An attachment with its network: who rules in the kernel belong to. */
export interface Owner extends Attachment {
  readonly network: string;
}

/** What the comments and tags on all rules of a network begin with. */
export function networkPrefix(network: string): string {
  return `${hash(network)}-`;
}

/** What the comments and tags on an attachment's rules begin with. */
export function ownerPrefix({ network, ifName, containerId }: Owner): string {
  return networkPrefix(network) + hash(`${ifName}:${containerId}`);
}

/** A comment that says whose a rule is, as the reference plugins word it; its end may be cut. */
export function ownerComment(owner: Owner): string {
  const { network, ifName, containerId } = owner;
  // nft has no way to write a quote.
  const words = `net: ${network}, if: ${ifName}, id: ${containerId}`.replaceAll('"', "");
  return `${ownerPrefix(owner)}, ${words}`;
}

function hash(text: string): string {
  return Bun.SHA512.hash(text, "hex").slice(0, 16);
}
