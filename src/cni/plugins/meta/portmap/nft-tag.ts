import type { PortmapOwner } from "./portmap-owner.ts";

/** What the tags on all rules of a network begin with. */
export function networkTag(network: string): string {
  return `${hash(network)}-`;
}

/** The tag on an attachment's rules: the comment, which is the reference's, knows the container alone. */
export function ownerTag({ network, ifName, containerId }: PortmapOwner): string {
  return networkTag(network) + hash(`${ifName}:${containerId}`);
}

function hash(text: string): string {
  return new Bun.CryptoHasher("sha512").update(text).digest("hex").slice(0, 16);
}
