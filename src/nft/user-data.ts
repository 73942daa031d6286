/**
 * What nf_tables keeps for its users without reading it: type u8, length u8, value, one after the
 * other, as the nft command writes and shows it.
 */

const utf8 = new TextDecoder();

/** Types in the user data of tables, chains and rules (0) and of sets. */
export const UDATA_COMMENT = 0;
/** A rule's tag: a number that nft has given no meaning, which it passes over. */
export const UDATA_RULE_TAG = 200;
export const UDATA_SET = { KEY_BYTE_ORDER: 0, DATA_BYTE_ORDER: 1, COMMENT: 7 } as const;
export const BYTE_ORDER = { host: 1, big: 2 } as const;

/** nft refuses longer comments, in bytes. */
export const COMMENT_BYTES = 128;

/** One entry. */
export function userData(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + value.length);
  bytes[0] = type;
  bytes[1] = value.length;
  bytes.set(value, 2);
  return bytes;
}

/** A comment as an entry: UTF-8 with a closing NUL, cut where it is longer than nft takes. */
export function commentData(comment: string, type: number = UDATA_COMMENT): Uint8Array {
  const text = new TextEncoder().encode(cutComment(comment));
  const value = new Uint8Array(text.length + 1);
  value.set(text);
  return userData(type, value);
}

/** The comment cut to 128 bytes, as nft shows it at most. */
export function cutComment(comment: string): string {
  const bytes = new TextEncoder().encode(comment);
  if (bytes.length <= COMMENT_BYTES) return comment;
  let end = COMMENT_BYTES;
  // Not in the middle of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** The comment in some user data; undefined where there is none, or the data is not of this form. */
export function commentOf(data: Uint8Array, type: number = UDATA_COMMENT): string | undefined {
  for (let at = 0; at + 2 <= data.length; ) {
    const length = data[at + 1] ?? 0;
    const value = data.subarray(at + 2, at + 2 + length);
    if (value.length < length) return undefined;
    if (data[at] === type) {
      const nul = value.indexOf(0);
      return utf8.decode(nul === -1 ? value : value.subarray(0, nul));
    }
    at += 2 + length;
  }
  return undefined;
}
