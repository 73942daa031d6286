import { type LeaseOwner, ownerKey } from "../client-id.ts";
import { decodeRecord, encodeRecord, type LeaseRecord } from "../daemon/lease-record.ts";

/** A journal in memory, which keeps records as the text that a file would have. */
export class FakeJournal {
  readonly #texts = new Map<string, string>();
  /** What `put` throws, once. */
  failure: Error | undefined;

  put(record: LeaseRecord): void {
    const failure = this.failure;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.#texts.set(ownerKey(record.owner), JSON.stringify(encodeRecord(record)));
  }

  remove(owner: LeaseOwner): void {
    this.#texts.delete(ownerKey(owner));
  }

  read(): readonly LeaseRecord[] {
    return [...this.#texts.values()].map((text) => decodeRecord(JSON.parse(text)));
  }
}
