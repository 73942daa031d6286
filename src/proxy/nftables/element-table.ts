import { formatAddress } from "../../ip/mod.ts";
import type { Element, NftSet, Transaction, Value } from "../../nft/mod.ts";

/** Who wants an element, and how it leads on. */
interface Claim {
  readonly owner: string;
  readonly element: Element;
}

/** An element as the kernel has it: what it leads to, as a text that can be compared. */
interface Committed {
  readonly element: Element;
  readonly leadsTo: string;
}

/**
 * One set or map that all Services share: who wants which element, and what the kernel has. Two
 * Services may want the same key (an endpoint of both, an external address given twice): the first
 * by name has it, and the next one when that one goes.
 */
export class ElementTable {
  readonly #set: NftSet;
  readonly #claims = new Map<string, readonly Claim[]>();
  readonly #committed = new Map<string, Committed>();
  readonly #touched = new Set<string>();

  constructor(set: NftSet) {
    this.#set = set;
  }

  /** Forgets all claims; the kernel has these elements. */
  reset(existing: readonly Element[]): void {
    this.#claims.clear();
    this.#committed.clear();
    this.#touched.clear();
    for (const element of existing) {
      const key = keyText(element.key);
      this.#committed.set(key, { element, leadsTo: dataText(element) });
      this.#touched.add(key);
    }
  }

  claim(owner: string, element: Element): void {
    const key = keyText(element.key);
    const others = (this.#claims.get(key) ?? []).filter((claim) => claim.owner !== owner);
    const claims = [...others, { owner, element }];
    if (claims.length > 1) claims.sort((a, b) => (a.owner < b.owner ? -1 : 1));
    this.#claims.set(key, claims);
    this.#touched.add(key);
  }

  release(owner: string, element: Element): void {
    const key = keyText(element.key);
    const claims = (this.#claims.get(key) ?? []).filter((claim) => claim.owner !== owner);
    if (claims.length === 0) this.#claims.delete(key);
    else this.#claims.set(key, claims);
    this.#touched.add(key);
  }

  /**
   * Adds what makes the kernel's elements those that are wanted; gives what is to be called once
   * the kernel has taken it.
   */
  plan(change: Transaction): () => void {
    const removed: Element[] = [];
    const added: Element[] = [];
    const after: [string, Committed | undefined][] = [];
    for (const key of this.#touched) {
      const wanted = this.#claims.get(key)?.[0]?.element;
      const committed = this.#committed.get(key);
      const leadsTo = wanted === undefined ? undefined : dataText(wanted);
      if (committed?.leadsTo === leadsTo) continue;
      if (committed !== undefined) removed.push(committed.element);
      if (wanted !== undefined) added.push(wanted);
      after.push([
        key,
        wanted === undefined || leadsTo === undefined ? undefined : { element: wanted, leadsTo },
      ]);
    }
    change.deleteElements(this.#set, removed.map(withoutData)).addElements(this.#set, added);
    return () => {
      for (const [key, committed] of after) {
        if (committed === undefined) this.#committed.delete(key);
        else this.#committed.set(key, committed);
      }
      this.#touched.clear();
    };
  }
}

function withoutData({ key }: Element): Element {
  return { key };
}

function keyText(values: readonly Value[]): string {
  return values
    .map((value) => (typeof value === "object" ? formatAddress(value) : String(value)))
    .join(" . ");
}

/** The verdict of an element, and the comment that names its Service. */
function dataText({ data, comment = "" }: Element): string {
  if (data === undefined) return comment;
  return `${"code" in data ? `${data.code} ${data.chain ?? ""}` : keyText(data)} ${comment}`;
}
