import { type Conn, Encoder, NLM_F } from "../netlink/mod.ts";
import { encodeAnonymousSet, withSetId } from "./anonymous-set.ts";
import {
  NF_HOOK,
  NF_POLICY,
  NFT_MSG,
  NFTA_CHAIN,
  NFTA_HOOK,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
} from "./constants.ts";
import { encodeRule, type RulePlace } from "./encode-rule.ts";
import { encodeElements, encodeSet } from "./encode-set.ts";
import { bigEndian64 } from "./expression.ts";
import type { Chain, Rule, RuleRef, Table } from "./objects.ts";
import {
  chainName,
  printChain,
  printElements,
  printRule,
  printSet,
  printTable,
  tableName,
} from "./print.ts";
import type { ChainRef, SetRef, TableRef } from "./refs.ts";
import type { Element, NftSet } from "./set.ts";
import { commentData } from "./user-data.ts";
import { boundary, start } from "./wire.ts";

/**
 * Changes of nf_tables that the kernel makes all together or not at all, in the order in which
 * they are put in. What is "added" may be there already; "destroying" may find nothing;
 * "deleting" what is not there is ENOENT. Printed, it is a file for `nft -f`.
 *
 * Closing a netlink socket waits for the memory of what was deleted in the kernel (ten
 * milliseconds and more): a program that deletes does so early, and only what must be deleted.
 */
export class Transaction {
  readonly #encoder = boundary(new Encoder(1024), "BEGIN");
  /** nft's words, after which the error message is: "Cannot add rule ip filter x ...". */
  readonly #texts: (string | (() => string))[] = [];
  /** The place in #texts that each message belongs to. */
  readonly #textOf: number[] = [-1];
  #sets = 0;

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  addTable(table: Table): this {
    return this.#push(
      () => `add ${printTable(table)}`,
      (encoder) => encodeTable(encoder, table),
    );
  }

  /** With all that is in it. */
  deleteTable(ref: TableRef): this {
    return this.#push(
      () => `delete table ${tableName(ref)}`,
      (encoder) => start(encoder, NFT_MSG.DELTABLE, ref).attrString(NFTA_TABLE.NAME, ref.table),
    );
  }

  destroyTable(ref: TableRef): this {
    return this.addTable({ family: ref.family, table: ref.table }).deleteTable(ref);
  }

  /** A base chain that is there already is changed, which counts as a deletion (see above). */
  addChain(chain: Chain): this {
    return this.#push(
      () => `add ${printChain(chain)}`,
      (encoder) => encodeChain(encoder, chain),
    );
  }

  flushChain(ref: ChainRef): this {
    return this.#push(
      () => `flush chain ${chainName(ref)}`,
      (encoder) =>
        start(encoder, NFT_MSG.DELRULE, ref)
          .attrString(NFTA_RULE.TABLE, ref.table)
          .attrString(NFTA_RULE.CHAIN, ref.chain),
    );
  }

  /** With its rules; EBUSY where others jump to it. */
  deleteChain(ref: ChainRef): this {
    return this.#push(
      () => `delete chain ${chainName(ref)}`,
      (encoder) =>
        start(encoder, NFT_MSG.DELCHAIN, ref)
          .attrString(NFTA_CHAIN.TABLE, ref.table)
          .attrString(NFTA_CHAIN.NAME, ref.chain),
    );
  }

  /** ENOENT only where there is not even the table. */
  destroyChain({ family, table, chain }: ChainRef): this {
    const ref = { family, table, chain };
    return this.addChain(ref).deleteChain(ref);
  }

  /** After the chain's other rules, unless it shall be the first one. */
  addRule(rule: Rule, place: RulePlace = "last"): this {
    const verb = place === "last" ? "add" : "insert";
    return this.#push(`${verb} ${printRule(rule)}`, (encoder) => {
      let messages = 1;
      const statements = rule.statements.map((statement) => {
        if (statement.anonymous === undefined) return statement;
        const id = ++this.#sets;
        messages += encodeAnonymousSet(encoder, { rule, set: statement.anonymous, id });
        return withSetId(statement, id);
      });
      encodeRule(encoder, { ...rule, statements }, place);
      return messages;
    });
  }

  deleteRule(ref: RuleRef): this {
    const text = `delete rule ${chainName(ref)} handle ${ref.handle}`;
    return this.#push(text, (encoder) =>
      start(encoder, NFT_MSG.DELRULE, ref)
        .attrString(NFTA_RULE.TABLE, ref.table)
        .attrString(NFTA_RULE.CHAIN, ref.chain)
        .attrBytes(NFTA_RULE.HANDLE, bigEndian64(ref.handle)),
    );
  }

  addSet(set: NftSet): this {
    const id = ++this.#sets;
    return this.#push(
      () => `add ${printSet(set)}`,
      (encoder) => encodeSet(encoder, set, { id }),
    );
  }

  /** EBUSY where rules look into it. */
  deleteSet(ref: SetRef): this {
    return this.#push(
      () => `delete set ${tableName(ref)} ${ref.set}`,
      (encoder) =>
        start(encoder, NFT_MSG.DELSET, ref)
          .attrString(NFTA_SET.TABLE, ref.table)
          .attrString(NFTA_SET.NAME, ref.set),
    );
  }

  /** Takes all elements out. */
  flushSet(ref: SetRef): this {
    return this.#push(
      () => `flush set ${tableName(ref)} ${ref.set}`,
      (encoder) =>
        start(encoder, NFT_MSG.DELSETELEM, ref)
          .attrString(NFTA_SET_ELEM_LIST.TABLE, ref.table)
          .attrString(NFTA_SET_ELEM_LIST.SET, ref.set),
    );
  }

  /** EEXIST where a key is there already and leads elsewhere. */
  addElements(set: NftSet, elements: readonly Element[]): this {
    return this.#elements(set, elements, "add");
  }

  deleteElements(set: NftSet, elements: readonly Element[]): this {
    return this.#elements(set, elements, "delete");
  }

  #elements(set: NftSet, elements: readonly Element[], change: "add" | "delete"): this {
    if (elements.length === 0) return this;
    const text = (): string => `${change} ${printElements(set, elements)}`;
    return this.#push(text, (encoder) => encodeElements(encoder, { set, elements }, change));
  }

  /** `encode` writes the messages and gives their number, where it is not one. */
  #push(text: string | (() => string), encode: (encoder: Encoder) => unknown): this {
    const place = this.#texts.push(text) - 1;
    const messages = encode(this.#encoder);
    for (let count = typeof messages === "number" ? messages : 1; count > 0; count--) {
      this.#textOf.push(place);
    }
    return this;
  }

  /**
   * Sends it to the kernel and waits until it holds. NetlinkError with the first change that the
   * kernel refuses; then nothing has changed. Nothing is sent where nothing was put in. Once only.
   */
  commit(conn: Conn): void {
    if (this.isEmpty) return;
    // One answer is enough: the kernel speaks of every refusal, asked or not, and in order.
    this.#encoder.addFlags(NLM_F.ACK);
    boundary(this.#encoder, "END");
    conn.batch((index) => this.#describe(index) ?? "change nftables", this.#encoder);
  }

  #describe(message: number): string | undefined {
    const text = this.#texts[this.#textOf[message] ?? -1];
    return text === undefined ? undefined : shortened(textOf(text));
  }

  /** What it does, in nft's language. */
  toString(): string {
    return this.#texts.map((text) => `${textOf(text)}\n`).join("");
  }
}

function textOf(text: string | (() => string)): string {
  return typeof text === "string" ? text : text();
}

const SHOWN = 200;

function shortened(text: string): string {
  if (text.length <= SHOWN) return text;
  return `${text.slice(0, SHOWN - 3)}...`;
}

function encodeTable(encoder: Encoder, table: Table): void {
  start(encoder, NFT_MSG.NEWTABLE, { family: table.family, flags: NLM_F.CREATE }).attrString(
    NFTA_TABLE.NAME,
    table.table,
  );
  if (table.comment !== undefined) {
    encoder.attrBytes(NFTA_TABLE.USERDATA, commentData(table.comment));
  }
}

function encodeChain(encoder: Encoder, chain: Chain): void {
  const { base } = chain;
  start(encoder, NFT_MSG.NEWCHAIN, { family: chain.family, flags: NLM_F.CREATE })
    .attrString(NFTA_CHAIN.TABLE, chain.table)
    .attrString(NFTA_CHAIN.NAME, chain.chain);
  if (base !== undefined) {
    encoder
      .nest(NFTA_CHAIN.HOOK, (hook) =>
        hook
          .attrU32Be(NFTA_HOOK.HOOKNUM, NF_HOOK[base.hook])
          .attrU32Be(NFTA_HOOK.PRIORITY, base.priority >>> 0),
      )
      .attrString(NFTA_CHAIN.TYPE, base.type);
    if (base.policy !== undefined) encoder.attrU32Be(NFTA_CHAIN.POLICY, NF_POLICY[base.policy]);
  }
  if (chain.comment !== undefined) {
    encoder.attrBytes(NFTA_CHAIN.USERDATA, commentData(chain.comment));
  }
}
