import type { Attributes, Encoder } from "../netlink/mod.ts";
import {
  NF_NAT_RANGE,
  NFT_REG_VERDICT,
  NFTA_DATA,
  NFTA_EXPR,
  NFTA_LIST_ELEM,
  NFTA_VERDICT,
} from "./constants.ts";

/** A verdict as rules and verdict maps have it: a VERDICT code, and the chain of a jump or goto. */
export interface Verdict {
  readonly code: number;
  readonly chain?: string;
}

/** What an expression compares with or loads: bytes as they lie in a packet, or a verdict. */
export type Data = Uint8Array | Verdict;

/**
 * The kernel's expressions: the number and the kind of each attribute, in the order in which the
 * kernel prints them. One table for writing, reading and comparing.
 */
const LAYOUTS = {
  bitwise: {
    sreg: [1, "u32"],
    dreg: [2, "u32"],
    len: [3, "u32"],
    mask: [4, "data"],
    xor: [5, "data"],
  },
  cmp: { sreg: [1, "u32"], op: [2, "u32"], data: [3, "data"] },
  counter: { bytes: [1, "u64"], packets: [2, "u64"] },
  ct: { key: [2, "u32"], dreg: [1, "u32"], direction: [3, "u8"], sreg: [4, "u32"] },
  dynset: {
    sreg: [4, "u32"],
    dataReg: [5, "u32"],
    op: [3, "u32"],
    set: [1, "string"],
    timeout: [6, "u64"],
  },
  fib: { dreg: [1, "u32"], result: [2, "u32"], flags: [3, "u32"] },
  immediate: { dreg: [1, "u32"], data: [2, "data"] },
  limit: {
    rate: [1, "u64"],
    unit: [2, "u64"],
    burst: [3, "u32"],
    type: [4, "u32"],
    flags: [5, "u32"],
  },
  lookup: {
    set: [1, "string"],
    sreg: [2, "u32"],
    dreg: [3, "u32"],
    setId: [4, "u32"],
    flags: [5, "u32"],
  },
  masq: { flags: [1, "u32"], protoMin: [2, "u32"], protoMax: [3, "u32"] },
  /** A match of iptables; `info` is the module's own structure. */
  match: { match: [1, "string"], rev: [2, "u32"], info: [3, "bytes"] },
  meta: { key: [2, "u32"], dreg: [1, "u32"], sreg: [3, "u32"] },
  nat: {
    type: [1, "u32"],
    family: [2, "u32"],
    addrMin: [3, "u32"],
    addrMax: [4, "u32"],
    protoMin: [5, "u32"],
    protoMax: [6, "u32"],
    flags: [7, "u32"],
  },
  notrack: {},
  numgen: { dreg: [1, "u32"], modulus: [2, "u32"], type: [3, "u32"], offset: [4, "u32"] },
  payload: { dreg: [1, "u32"], base: [2, "u32"], offset: [3, "u32"], len: [4, "u32"] },
  redir: { protoMin: [1, "u32"], protoMax: [2, "u32"], flags: [3, "u32"] },
  reject: { type: [1, "u32"], code: [2, "u8"] },
  /** A target of iptables. */
  target: { target: [1, "string"], rev: [2, "u32"], info: [3, "bytes"] },
} as const satisfies Readonly<Record<string, Layout>>;

type Kind = "u8" | "u32" | "u64" | "string" | "bytes" | "data";
type Layout = Readonly<Record<string, readonly [number, Kind]>>;
type Layouts = typeof LAYOUTS;
type ValueOf<K extends Kind> = K extends "u8" | "u32"
  ? number
  : K extends "u64"
    ? bigint
    : K extends "string"
      ? string
      : K extends "bytes"
        ? Uint8Array
        : Data;
type Fields<L extends Layout> = { readonly [F in keyof L]?: ValueOf<L[F][1]> };

/** An expression of nf_tables by its kernel name, with the attributes that are given. */
export type Expression = {
  readonly [N in keyof Layouts]: { readonly name: N } & Fields<Layouts[N]>;
}[keyof Layouts];

/** An expression as read; of one that is not in the table above only the name is known. */
export type ListedExpression = Expression | { readonly name: "other"; readonly kernelName: string };

/** Writes a rule's expressions, in a nest that the caller has opened. */
export function encodeExpressions(list: Encoder, expressions: readonly Expression[]): void {
  for (const expression of expressions) {
    list.nest(NFTA_LIST_ELEM, (e) =>
      e
        .attrString(NFTA_EXPR.NAME, expression.name)
        .nest(NFTA_EXPR.DATA, (data) => encodeFields(data, expression)),
    );
  }
}

function encodeFields(data: Encoder, expression: Expression): void {
  const layout: Layout = LAYOUTS[expression.name];
  const fields = fieldsOf(expression);
  for (const field in layout) {
    const [type, kind] = layout[field] ?? [0, "data"];
    const value = fields[field];
    if (typeof value === "number") {
      if (kind === "u8") data.attrU8(type, value);
      else data.attrU32Be(type, value);
    } else if (typeof value === "bigint") data.attrBytes(type, bigEndian64(value));
    else if (typeof value === "string") data.attrString(type, value);
    else if (value instanceof Uint8Array && kind === "bytes") data.attrBytes(type, value);
    else if (value !== undefined) encodeData(data, type, value);
  }
}

type FieldValue = string | number | bigint | Data;

function fieldsOf(expression: ListedExpression): Readonly<Record<string, FieldValue | undefined>> {
  // cast: an expression is its name and fields of the kinds in the table.
  return expression as Readonly<Record<string, FieldValue | undefined>>;
}

/** Writes bytes or a verdict as NFTA_DATA, in an attribute of this type. */
export function encodeData(encoder: Encoder, type: number, data: Data): void {
  encoder.nest(type, (nest) => {
    if (data instanceof Uint8Array) {
      nest.attrBytes(NFTA_DATA.VALUE, data);
      return;
    }
    nest.nest(NFTA_DATA.VERDICT, (verdict) => {
      // As unsigned: nf_tables' own verdicts are negative.
      verdict.attrU32Be(NFTA_VERDICT.CODE, data.code >>> 0);
      if (data.chain !== undefined) verdict.attrString(NFTA_VERDICT.CHAIN, data.chain);
    });
  });
}

/** Reads the expressions of a rule; the walker stands before the first list element. */
export function decodeExpressions(list: Attributes): ListedExpression[] {
  const found: ListedExpression[] = [];
  while (list.next()) {
    if (list.type !== NFTA_LIST_ELEM) continue;
    let name = "";
    let expression: ListedExpression | undefined;
    const element = list.nested();
    while (element.next()) {
      if (element.type === NFTA_EXPR.NAME) name = element.string();
      else if (element.type === NFTA_EXPR.DATA) expression = decodeFields(name, element.nested());
    }
    found.push(expression ?? decodeFields(name, undefined));
  }
  return found;
}

function decodeFields(name: string, data: Attributes | undefined): ListedExpression {
  if (!Object.hasOwn(LAYOUTS, name)) return { name: "other", kernelName: name };
  // cast: just looked up.
  const layout: Layout = LAYOUTS[name as keyof Layouts];
  const fields: Record<string, unknown> = { name };
  while (data?.next() === true) {
    for (const field in layout) {
      const [type, kind] = layout[field] ?? [0, "u8"];
      if (type === data.type) fields[field] = decodeValue(data, kind);
    }
  }
  // cast: each field was read as its kind.
  return fields as ListedExpression;
}

function decodeValue(data: Attributes, kind: Kind): FieldValue {
  switch (kind) {
    case "u8":
      return data.u8();
    case "u32":
      return data.u32Be();
    case "u64":
      return data.u64Be();
    case "string":
      return data.string();
    case "bytes":
      return data.bytes();
    case "data":
      return decodeData(data.nested());
  }
}

/** Reads what encodeData() writes. */
export function decodeData(nest: Attributes): Data {
  let data: Data = new Uint8Array();
  while (nest.next()) {
    if (nest.type === NFTA_DATA.VALUE) data = nest.bytes();
    if (nest.type !== NFTA_DATA.VERDICT) continue;
    let code = 0;
    let chain: string | undefined;
    const verdict = nest.nested();
    while (verdict.next()) {
      if (verdict.type === NFTA_VERDICT.CODE) code = verdict.u32Be() | 0;
      else if (verdict.type === NFTA_VERDICT.CHAIN) chain = verdict.string();
    }
    data = { code, ...(chain === undefined ? {} : { chain }) };
  }
  return data;
}

/** True where both lists do the same: what counters have counted, and defaults, do not matter. */
export function sameExpressions(
  a: readonly ListedExpression[],
  b: readonly ListedExpression[],
): boolean {
  return a.length === b.length && a.every((one, i) => canonical(one) === canonical(b[i]));
}

function canonical(expression: ListedExpression | undefined): string {
  if (expression === undefined || expression.name === "counter") return expression?.name ?? "";
  const all = fieldsOf(expression);
  const fields = Object.entries(all).flatMap(([field, value]) => {
    // The kernel prints attributes that were not sent: zeros, the end of a range of one, and that
    // address and port were given.
    if (field === "addrMax" && value === all["addrMin"]) return [];
    if (field === "protoMax" && value === all["protoMin"]) return [];
    const known = field === "flags" && isNat(expression.name) ? Number(value) & ~GIVEN : value;
    if (known === undefined || known === 0 || known === 0n) return [];
    return [`${field}=${known instanceof Uint8Array ? known.toHex() : printable(known)}`];
  });
  return fields.sort().join(" ");
}

function isNat(name: string): boolean {
  return name === "masq" || name === "nat" || name === "redir";
}
const GIVEN = NF_NAT_RANGE.MAP_IPS | NF_NAT_RANGE.PROTO_SPECIFIED;

function printable(value: string | number | bigint | Verdict): string {
  return typeof value === "object" ? `${value.code} ${value.chain ?? ""}` : String(value);
}

/** The verdict in which a rule ends; undefined where it ends in none. */
export function verdictOf(expressions: readonly ListedExpression[]): Verdict | undefined {
  const last = expressions.at(-1);
  if (last?.name !== "immediate" || (last.dreg ?? 0) !== NFT_REG_VERDICT) return undefined;
  return last.data instanceof Uint8Array ? undefined : last.data;
}

/** Eight bytes, the highest first: how nfnetlink has counters and handles. */
export function bigEndian64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
