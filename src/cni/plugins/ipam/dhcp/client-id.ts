import { createHash } from "node:crypto";

/** Which attachment of which network a lease is for. */
export interface LeaseOwner {
  readonly containerId: string;
  readonly network: string;
  readonly ifName: string;
}

/** RFC 2132, 9.14: "not a hardware address". */
const TYPE_NAME = 0;
/** An option holds 255 bytes, one of them the type. */
const MAX_NAME_BYTES = 254;
const SHORT_DIGITS = 20;

/** An owner in one text: `CONTAINER/NETWORK/INTERFACE`. None of the three has a slash in it. */
export function ownerKey({ containerId, network, ifName }: LeaseOwner): string {
  return `${containerId}/${network}/${ifName}`;
}

/**
 * The client identifier (option 61) of an attachment: a zero byte and the owner's text, cut at 254
 * bytes, as the reference plugin sends it; with `short`, 20 hexadecimal digits of the text's
 * SHA-256 instead, for servers that do not take long ones.
 */
export function clientIdOf(owner: LeaseOwner, short: boolean): Uint8Array {
  const key = ownerKey(owner);
  const name = short ? createHash("sha256").update(key).digest("hex").slice(0, SHORT_DIGITS) : key;
  const bytes = new TextEncoder().encode(name).subarray(0, MAX_NAME_BYTES);
  return Uint8Array.of(TYPE_NAME, ...bytes);
}
