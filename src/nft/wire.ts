import { Encoder, NLM_F } from "../netlink/mod.ts";
import { NFNL_MSG_BATCH, NFNL_SUBSYS_NFTABLES, NFPROTO } from "./constants.ts";
import type { DataType, Value } from "./data-type.ts";
import type { Family } from "./refs.ts";

const FAMILY_NUMBER: Readonly<Record<Family, number>> = {
  ip: NFPROTO.IPV4,
  ip6: NFPROTO.IPV6,
  inet: NFPROTO.INET,
  bridge: NFPROTO.BRIDGE,
};

/** The family of a number in a message; undefined for those that are not dealt with here. */
export function familyOf(number: number): Family | undefined {
  switch (number) {
    case NFPROTO.IPV4:
      return "ip";
    case NFPROTO.IPV6:
      return "ip6";
    case NFPROTO.INET:
      return "inet";
    case NFPROTO.BRIDGE:
      return "bridge";
    default:
      return undefined;
  }
}

/** Starts a message of nf_tables; no family means all of them. */
export function start(
  encoder: Encoder,
  message: number,
  { family, flags = 0 }: { readonly family?: Family; readonly flags?: number },
): Encoder {
  const number = family === undefined ? 0 : FAMILY_NUMBER[family];
  return encoder
    .message((NFNL_SUBSYS_NFTABLES << 8) | message, NLM_F.REQUEST | flags)
    .u8(number)
    .u8(0)
    .u16(0);
}

/** A message of nf_tables by itself: what is asked. */
export function ask(message: number, family?: Family): Encoder {
  return start(new Encoder(), message, family === undefined ? {} : { family });
}

/** Writes the message that opens or closes a transaction. */
export function boundary(encoder: Encoder, type: keyof typeof NFNL_MSG_BATCH): Encoder {
  return encoder
    .message(NFNL_MSG_BATCH[type], NLM_F.REQUEST)
    .u8(0)
    .u8(0)
    .u16Be(NFNL_SUBSYS_NFTABLES);
}

/** The bytes of a key or of mapped values: each field at a word of its own. */
export function encodeKey(types: readonly DataType[], values: readonly Value[]): Uint8Array {
  if (values.length !== types.length) {
    throw new TypeError(`Cannot use ${values.length} values as a key of ${types.length} fields`);
  }
  const [only] = types;
  const [value] = values;
  if (types.length === 1 && only !== undefined && value !== undefined) return only.encode(value);
  const bytes = new Uint8Array(keyBytes(types));
  let at = 0;
  types.forEach((type, i) => {
    bytes.set(type.encode(values[i] ?? ""), at);
    at += paddedBytes(type);
  });
  return bytes;
}

/** The values of a key's fields. */
export function decodeKey(types: readonly DataType[], bytes: Uint8Array): readonly Value[] {
  let at = 0;
  return types.map((type) => {
    const value = type.decode(bytes.subarray(at, at + type.sizeBytes));
    at += paddedBytes(type);
    return value;
  });
}

/** How long a key of these fields is. */
export function keyBytes(types: readonly DataType[]): number {
  const [only] = types;
  if (types.length === 1 && only !== undefined) return only.sizeBytes;
  return types.reduce((sum, type) => sum + paddedBytes(type), 0);
}

function paddedBytes(type: DataType): number {
  return (type.sizeBytes + 3) & ~3;
}

/** nft's number for several fields together: six bits for each. */
export function typeId(types: readonly DataType[]): number {
  return types.reduce((sum, type) => (sum << 6) | type.id, 0);
}
