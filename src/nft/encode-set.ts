import { concatBytes } from "../base/mod.ts";
import { type Encoder, NLM_F } from "../netlink/mod.ts";
import {
  NFT_DATA_VERDICT,
  NFT_MSG,
  NFT_SET_ELEM_INTERVAL_END,
  NFT_SET_FLAG,
  NFTA_DATA,
  NFTA_LIST_ELEM,
  NFTA_SET,
  NFTA_SET_DESC,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  NFTA_SET_FIELD_LEN,
} from "./constants.ts";
import type { DataType, Value } from "./data-type.ts";
import { encodeData } from "./expression.ts";
import type { Element, NftSet } from "./set.ts";
import { commentData, UDATA_SET, userData } from "./user-data.ts";
import { encodeKey, keyBytes, start, typeId } from "./wire.ts";

/** An attribute may have 64 KiB; one element has less than a KiB. */
const ELEMENTS_BYTES = 32 * 1024;

/** How a set is known within its transaction. */
export interface SetIdentity {
  /** The set's own number within the transaction. */
  readonly id: number;
  /** Of an anonymous set: how many elements it has, by which the kernel chooses its structure. */
  readonly size?: number;
}

/** Writes the message that adds a set or map. */
export function encodeSet(encoder: Encoder, set: NftSet, { id, size }: SetIdentity): void {
  const anonymous = size === undefined ? 0 : NFT_SET_FLAG.anonymous | NFT_SET_FLAG.constant;
  start(encoder, NFT_MSG.NEWSET, { family: set.family, flags: NLM_F.CREATE })
    .attrString(NFTA_SET.TABLE, set.table)
    .attrString(NFTA_SET.NAME, set.set)
    .attrU32Be(NFTA_SET.FLAGS, setFlags(set) | anonymous)
    .attrU32Be(NFTA_SET.KEY_TYPE, typeId(set.key))
    .attrU32Be(NFTA_SET.KEY_LEN, keyBytes(set.key))
    .attrU32Be(NFTA_SET.ID, id);
  if (set.data === "verdict") {
    encoder.attrU32Be(NFTA_SET.DATA_TYPE, NFT_DATA_VERDICT);
  } else if (set.data !== undefined) {
    encoder.attrU32Be(NFTA_SET.DATA_TYPE, typeId(set.data));
    encoder.attrU32Be(NFTA_SET.DATA_LEN, keyBytes(set.data));
  }
  if (set.timeoutMs !== undefined && set.timeoutMs > 0) {
    encoder.attrBytes(NFTA_SET.TIMEOUT, milliseconds(set.timeoutMs));
  }
  if (size !== undefined) {
    encoder.nest(NFTA_SET.DESC, (desc) => desc.attrU32Be(NFTA_SET_DESC.SIZE, size));
  }
  if (isConcatenatedInterval(set)) {
    encoder.nest(NFTA_SET.DESC, (desc) =>
      desc.nest(NFTA_SET_DESC.CONCAT, (fields) => {
        for (const type of set.key) {
          fields.nest(NFTA_LIST_ELEM, (field) =>
            field.attrU32Be(NFTA_SET_FIELD_LEN, type.sizeBytes),
          );
        }
      }),
    );
  }
  encoder.attrBytes(NFTA_SET.USERDATA, setUserData(set));
}

function isConcatenatedInterval(set: NftSet): boolean {
  return set.isInterval === true && set.key.length > 1;
}

function setFlags(set: NftSet): number {
  return (
    (set.data === undefined ? 0 : NFT_SET_FLAG.map) |
    (set.isInterval === true ? NFT_SET_FLAG.interval : 0) |
    (isConcatenatedInterval(set) ? NFT_SET_FLAG.concat : 0) |
    (set.timeoutMs === undefined ? 0 : NFT_SET_FLAG.timeout) |
    (set.isDynamic === true ? NFT_SET_FLAG.dynamic : 0)
  );
}

/** nft cannot print numbers without their byte order. */
function setUserData(set: NftSet): Uint8Array {
  const orderOf = (types: readonly DataType[]): Uint8Array =>
    new Uint8Array([types.length === 1 ? (types[0]?.byteOrder ?? 0) : 0, 0, 0, 0]);
  const data = set.data === "verdict" ? undefined : set.data;
  return concatBytes(
    userData(UDATA_SET.KEY_BYTE_ORDER, orderOf(set.key)),
    ...(data === undefined ? [] : [userData(UDATA_SET.DATA_BYTE_ORDER, orderOf(data))]),
    ...(set.comment === undefined ? [] : [commentData(set.comment, UDATA_SET.COMMENT)]),
  );
}

/** An element as the kernel takes it: of a range of single fields, its start or its end. */
interface WireElement {
  readonly element: Element;
  readonly key: Uint8Array;
  readonly isEnd: boolean;
}

/** Elements, and the set that they are in; with `setId` one of the same transaction. */
export interface SetElements {
  readonly set: NftSet;
  readonly elements: readonly Element[];
  readonly setId?: number;
}

/** Writes the messages that add or delete elements; gives how many there are. */
export function encodeElements(
  encoder: Encoder,
  { set, elements, setId }: SetElements,
  change: "add" | "delete",
): number {
  const waiting = elements.flatMap((element) => wireElements(set, element));
  let messages = 0;
  let next = 0;
  while (next < waiting.length) {
    messages++;
    const message = change === "add" ? NFT_MSG.NEWSETELEM : NFT_MSG.DELSETELEM;
    const flags = change === "add" ? NLM_F.CREATE : 0;
    start(encoder, message, { family: set.family, flags })
      .attrString(NFTA_SET_ELEM_LIST.TABLE, set.table)
      .attrString(NFTA_SET_ELEM_LIST.SET, set.set);
    if (setId !== undefined) encoder.attrU32Be(NFTA_SET_ELEM_LIST.SET_ID, setId);
    encoder.nest(NFTA_SET_ELEM_LIST.ELEMENTS, (list) => {
      for (let bytes = 0; bytes < ELEMENTS_BYTES; next++) {
        const element = waiting[next];
        if (element === undefined) break;
        bytes += encodeElement(list, set, element);
      }
    });
  }
  return messages;
}

function wireElements(set: NftSet, element: Element): WireElement[] {
  const key = encodeKey(set.key, element.key);
  const first = { element, key, isEnd: false };
  if (set.isInterval !== true || set.key.length > 1) return [first];
  const after = successor(element.keyEnd?.[0] ?? element.key[0] ?? 0, set.key[0]);
  // A range up to the last value of all has no end.
  return after === undefined ? [first] : [first, { element, key: after, isEnd: true }];
}

function successor(value: Value, type: DataType | undefined): Uint8Array | undefined {
  if (type === undefined) return undefined;
  if (typeof value === "object") {
    const next = value.value + 1n;
    if (next >> BigInt(8 * type.sizeBytes) !== 0n) return undefined;
    return type.encode({ family: value.family, value: next });
  }
  if (typeof value !== "number") throw new TypeError("Cannot make an interval of names");
  return value + 1 >= 2 ** (8 * type.sizeBytes) ? undefined : type.encode(value + 1);
}

/** Gives about how many bytes it took. */
function encodeElement(list: Encoder, set: NftSet, { element, key, isEnd }: WireElement): number {
  list.nest(NFTA_LIST_ELEM, (e) => {
    if (isEnd) e.attrU32Be(NFTA_SET_ELEM.FLAGS, NFT_SET_ELEM_INTERVAL_END);
    e.nest(NFTA_SET_ELEM.KEY, (value) => value.attrBytes(NFTA_DATA.VALUE, key));
    if (isEnd) return;
    if (isConcatenatedInterval(set)) {
      const end = encodeKey(set.key, element.keyEnd ?? element.key);
      e.nest(NFTA_SET_ELEM.KEY_END, (value) => value.attrBytes(NFTA_DATA.VALUE, end));
    }
    if (element.data !== undefined) encodeData(e, NFTA_SET_ELEM.DATA, mapped(set, element.data));
    if (element.timeoutMs !== undefined) {
      e.attrBytes(NFTA_SET_ELEM.TIMEOUT, milliseconds(element.timeoutMs));
    }
    if (element.comment !== undefined) {
      e.attrBytes(NFTA_SET_ELEM.USERDATA, commentData(element.comment));
    }
  });
  return 256 + 2 * key.length;
}

function mapped(set: NftSet, data: NonNullable<Element["data"]>) {
  if (set.data === undefined) throw new TypeError(`The set ${set.set} is no map`);
  if (set.data === "verdict") {
    if ("code" in data) return data;
  } else if (!("code" in data)) {
    return encodeKey(set.data, data);
  }
  throw new TypeError(`Cannot map to this kind of value in the map ${set.set}`);
}

function milliseconds(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
