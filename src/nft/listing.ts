import { Attributes, type Conn, type Encoder, type Message, NetlinkError } from "../netlink/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import {
  NF_POLICY,
  NFGENMSG_BYTES,
  NFT_MSG,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_CHAIN,
  NFTA_HOOK,
  NFTA_LIST_ELEM,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
} from "./constants.ts";
import { type Data, decodeData, decodeExpressions } from "./expression.ts";
import type { BaseChain, ListedChain, ListedRule } from "./objects.ts";
import { chainName, hookName, tableName } from "./print.ts";
import type { ChainRef, Family, SetRef, TableRef } from "./refs.ts";
import type { Element, NftSet } from "./set.ts";
import { commentOf, UDATA_RULE_TAG } from "./user-data.ts";
import { ask, decodeKey, familyOf } from "./wire.ts";

/** The tables of a family, or of all that are known here; as `nft list tables`. */
export function listTables(conn: Conn, family?: Family): TableRef[] {
  return conn.dump("list the nftables tables", ask(NFT_MSG.GETTABLE, family), (message) => {
    const found = familyOf(message.u8(0));
    const a = message.attributes(NFGENMSG_BYTES);
    let table = "";
    while (a.next()) if (a.type === NFTA_TABLE.NAME) table = a.string();
    return found === undefined ? undefined : { family: found, table };
  });
}

/** True where there is such a table. */
export function hasTable(conn: Conn, ref: TableRef): boolean {
  const request = ask(NFT_MSG.GETTABLE, ref.family).attrString(NFTA_TABLE.NAME, ref.table);
  return found(conn, `find the table ${tableName(ref)}`, request, () => true) ?? false;
}

/** The chains of one family, of one table where given; as `nft list chains`. */
export function listChains(
  conn: Conn,
  filter: { readonly family: Family; readonly table?: string },
): ListedChain[] {
  const chains = conn.dump(
    "list the nftables chains",
    ask(NFT_MSG.GETCHAIN, filter.family),
    decodeChain,
  );
  // Kernels list all tables' chains, asked or not.
  return chains.filter((chain) => filter.table === undefined || chain.table === filter.table);
}

/** One chain; undefined where there is no such chain or table. */
export function findChain(conn: Conn, ref: ChainRef): ListedChain | undefined {
  const request = ask(NFT_MSG.GETCHAIN, ref.family)
    .attrString(NFTA_CHAIN.TABLE, ref.table)
    .attrString(NFTA_CHAIN.NAME, ref.chain);
  return found(conn, `find the chain ${chainName(ref)}`, request, decodeChain);
}

/** The rules of a chain, or of all chains of a table; none where there is no such thing. */
export function listRules(conn: Conn, ref: TableRef & { readonly chain?: string }): ListedRule[] {
  const request = ask(NFT_MSG.GETRULE, ref.family).attrString(NFTA_RULE.TABLE, ref.table);
  if (ref.chain !== undefined) request.attrString(NFTA_RULE.CHAIN, ref.chain);
  return found(conn, `list the rules of ${tableName(ref)}`, request, decodeRule, "all") ?? [];
}

/** A set or map of a table, without what is in it. */
export interface ListedSet extends SetRef {
  /** How long an element stays; undefined where they stay. */
  readonly timeoutMs?: number;
}

/** The sets and maps of a table; none where there is no such table. */
export function listSets(conn: Conn, ref: TableRef): ListedSet[] {
  const request = ask(NFT_MSG.GETSET, ref.family).attrString(NFTA_SET.TABLE, ref.table);
  return found(conn, `list the sets of ${tableName(ref)}`, request, decodeSet, "all") ?? [];
}

function decodeSet(message: Message): ListedSet | undefined {
  const family = familyOf(message.u8(0));
  if (family === undefined) return undefined;
  let table = "";
  let set = "";
  let timeoutMs: number | undefined;
  const a = message.attributes(NFGENMSG_BYTES);
  while (a.next()) {
    const attribute = a.type;
    if (attribute === NFTA_SET.TABLE) table = a.string();
    else if (attribute === NFTA_SET.NAME) set = a.string();
    else if (attribute === NFTA_SET.TIMEOUT) timeoutMs = Number(a.u64Be());
  }
  return { family, table, set, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

/** The elements of a set or map; none where there is no such set. The set tells how to read them. */
export function listElements(conn: Conn, set: NftSet): Element[] {
  const request = ask(NFT_MSG.GETSETELEM, set.family)
    .attrString(NFTA_SET_ELEM_LIST.TABLE, set.table)
    .attrString(NFTA_SET_ELEM_LIST.SET, set.set);
  const op = `list the elements of ${tableName(set)} ${set.set}`;
  const lists = found(conn, op, request, (message) => decodeElements(message, set), "all");
  return (lists ?? []).flat();
}

function found<T>(
  conn: Conn,
  op: string,
  request: Encoder,
  decode: (message: Message) => T | undefined,
  how: "all",
): T[] | undefined;
function found<T>(
  conn: Conn,
  op: string,
  request: Encoder,
  decode: (message: Message) => T | undefined,
): T | undefined;
function found<T>(
  conn: Conn,
  op: string,
  request: Encoder,
  decode: (message: Message) => T | undefined,
  how?: "all",
): T | readonly T[] | undefined {
  try {
    return how === "all" ? conn.dump(op, request, decode) : conn.get(op, request, decode);
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.ENOENT) return undefined;
    throw thrown;
  }
}

function decodeChain(message: Message): ListedChain | undefined {
  const family = familyOf(message.u8(0));
  if (family === undefined) return undefined;
  let table = "";
  let chain = "";
  let type = "";
  let policy: number | undefined;
  let comment: string | undefined;
  let handle = 0n;
  let hook: Pick<BaseChain, "hook" | "priority"> | undefined;
  const a = message.attributes(NFGENMSG_BYTES);
  while (a.next()) {
    const attribute = a.type;
    if (attribute === NFTA_CHAIN.TABLE) table = a.string();
    else if (attribute === NFTA_CHAIN.NAME) chain = a.string();
    else if (attribute === NFTA_CHAIN.HANDLE) handle = a.u64Be();
    else if (attribute === NFTA_CHAIN.TYPE) type = a.string();
    else if (attribute === NFTA_CHAIN.POLICY) policy = a.u32Be();
    else if (attribute === NFTA_CHAIN.HOOK) hook = decodeHook(a.nested());
    else if (attribute === NFTA_CHAIN.USERDATA) comment = commentOf(a.bytes());
  }
  const base = hook === undefined ? undefined : baseOf(type, hook, policy);
  return {
    family,
    table,
    chain,
    handle,
    ...(base === undefined ? {} : { base }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function baseOf(
  type: string,
  hook: Pick<BaseChain, "hook" | "priority">,
  policy: number | undefined,
): BaseChain | undefined {
  if (type !== "filter" && type !== "nat" && type !== "route") return undefined;
  return { ...hook, type, policy: policy === NF_POLICY.drop ? "drop" : "accept" };
}

function decodeHook(a: Attributes): Pick<BaseChain, "hook" | "priority"> | undefined {
  let number = -1;
  let priority = 0;
  while (a.next()) {
    const attribute = a.type;
    if (attribute === NFTA_HOOK.HOOKNUM) number = a.u32Be();
    else if (attribute === NFTA_HOOK.PRIORITY) priority = a.u32Be() | 0;
  }
  const hook = hookName(number);
  return hook === undefined ? undefined : { hook, priority };
}

function decodeRule(message: Message): ListedRule | undefined {
  const family = familyOf(message.u8(0));
  if (family === undefined) return undefined;
  let table = "";
  let chain = "";
  let handle = 0n;
  let userData = new Uint8Array();
  let expressions = new Uint8Array();
  const a = message.attributes(NFGENMSG_BYTES);
  while (a.next()) {
    const attribute = a.type;
    if (attribute === NFTA_RULE.TABLE) table = a.string();
    else if (attribute === NFTA_RULE.CHAIN) chain = a.string();
    else if (attribute === NFTA_RULE.HANDLE) handle = a.u64Be();
    else if (attribute === NFTA_RULE.EXPRESSIONS) expressions = new Uint8Array(a.bytes());
    else if (attribute === NFTA_RULE.USERDATA) userData = new Uint8Array(a.bytes());
  }
  return new KernelRule({ family, table, chain }, handle, { userData, expressions });
}

/** A rule whose expressions are read when somebody looks: most rules are chosen by their comment. */
class KernelRule implements ListedRule {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly handle: bigint;
  readonly comment?: string;
  readonly tag?: string;
  readonly #raw: Uint8Array;
  #expressions: ListedRule["expressions"] | undefined;

  constructor(
    { family, table, chain }: ChainRef,
    handle: bigint,
    rest: { readonly userData: Uint8Array; readonly expressions: Uint8Array },
  ) {
    this.family = family;
    this.table = table;
    this.chain = chain;
    this.handle = handle;
    const comment = commentOf(rest.userData);
    const tag = commentOf(rest.userData, UDATA_RULE_TAG);
    if (comment !== undefined) this.comment = comment;
    if (tag !== undefined) this.tag = tag;
    this.#raw = rest.expressions;
  }

  get expressions(): ListedRule["expressions"] {
    this.#expressions ??= decodeExpressions(Attributes.of(this.#raw));
    return this.#expressions;
  }
}

function decodeElements(message: Message, set: NftSet): Element[] {
  const elements: Element[] = [];
  const a = message.attributes(NFGENMSG_BYTES);
  while (a.next()) {
    if (a.type !== NFTA_SET_ELEM_LIST.ELEMENTS) continue;
    const list = a.nested();
    while (list.next()) {
      if (list.type !== NFTA_LIST_ELEM) continue;
      const element = decodeElement(list.nested(), set);
      if (element !== undefined) elements.push(element);
    }
  }
  return elements;
}

/** Undefined for the end of an interval, which belongs to the element before it. */
function decodeElement(a: Attributes, set: NftSet): Element | undefined {
  let key: Data = new Uint8Array();
  let keyEnd: Data | undefined;
  let data: Data | undefined;
  let flags = 0;
  let comment: string | undefined;
  while (a.next()) {
    const attribute = a.type;
    if (attribute === NFTA_SET_ELEM.KEY) key = decodeData(a.nested());
    else if (attribute === NFTA_SET_ELEM.KEY_END) keyEnd = decodeData(a.nested());
    else if (attribute === NFTA_SET_ELEM.DATA) data = decodeData(a.nested());
    else if (attribute === NFTA_SET_ELEM.FLAGS) flags = a.u32Be();
    else if (attribute === NFTA_SET_ELEM.USERDATA) comment = commentOf(a.bytes());
  }
  if ((flags & NFT_SET_ELEM_INTERVAL_END) !== 0 || !(key instanceof Uint8Array)) return undefined;
  const types = set.data === "verdict" ? [] : (set.data ?? []);
  return {
    key: decodeKey(set.key, key),
    ...(keyEnd instanceof Uint8Array ? { keyEnd: decodeKey(set.key, keyEnd) } : {}),
    ...(data === undefined
      ? {}
      : { data: data instanceof Uint8Array ? decodeKey(types, data) : data }),
    ...(comment === undefined ? {} : { comment }),
  };
}
