import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../../../base/mod.ts";
import {
  atomicWriteFileSync,
  FileLock,
  isTemporaryName,
  SyscallError,
} from "../../../../../sys/mod.ts";
import { isJsonObject } from "../../../../json.ts";
import { type LeaseOwner, ownerKey } from "../client-id.ts";
import { decodeRecord, encodeRecord, type LeaseRecord } from "./lease-record.ts";

/** The folder of a daemon's journal: beside its socket, `/run/cni/dhcp.leases`. */
export function journalDirectory(socketPath: string): string {
  return `${socketPath.replace(/\.sock$/, "")}.leases`;
}

/**
 * The leases that a daemon holds, one file each, so that they outlive it. Where the socket is in
 * /run they are gone after a reboot, as the pods' namespaces are; times in them count from boot,
 * so another boot's are not read. Who has a journal open is the only one: the daemon, or, where
 * none runs, a plugin that takes a lease away.
 */
export class LeaseJournal implements Disposable {
  readonly #directory: string;
  readonly #bootId: string;
  readonly #lock: FileLock;

  private constructor(directory: string, lock: FileLock) {
    this.#directory = directory;
    this.#bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    this.#lock = lock;
  }

  /** Opens (and makes) a journal; undefined where another process has it open. */
  static tryOpen(directory: string): LeaseJournal | undefined {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (thrown) {
      throw SyscallError.wrap(thrown, `Cannot make the folder of leases "${directory}"`);
    }
    const lock = FileLock.tryAcquire(join(directory, "lock"), { holder: "dhcp" });
    return lock === undefined ? undefined : new LeaseJournal(directory, lock);
  }

  /** Writes a lease down, in place of what was there of the same owner. */
  put(record: LeaseRecord): void {
    const text = JSON.stringify({ bootId: this.#bootId, ...encodeRecord(record) }, null, 2);
    atomicWriteFileSync(this.#path(record.owner), `${text}\n`, { mode: 0o600 });
  }

  /** Forgets a lease; nothing happens where there is none. */
  remove(owner: LeaseOwner): void {
    rmSync(this.#path(owner), { force: true });
  }

  /**
   * All leases. What an interrupted write left, what is of another boot and what cannot be read is
   * removed: `log` is told of the last.
   */
  read(log: (line: string) => void): readonly LeaseRecord[] {
    const records: LeaseRecord[] = [];
    for (const name of readdirSync(this.#directory).sort()) {
      if (!name.endsWith(".json") && !isTemporaryName(name)) continue;
      const path = join(this.#directory, name);
      const record = isTemporaryName(name) ? undefined : this.#readFile(path, log);
      if (record === undefined) rmSync(path, { force: true });
      else records.push(record);
    }
    return records;
  }

  #readFile(path: string, log: (line: string) => void): LeaseRecord | undefined {
    try {
      const json: unknown = JSON.parse(readFileSync(path, "utf8"));
      if (!isJsonObject(json)) throw new TypeError("it is no JSON object");
      return json["bootId"] === this.#bootId ? decodeRecord(json) : undefined;
    } catch (thrown) {
      const why = messageOf(thrown);
      log(`Cannot read the lease in "${path}", it is given up: ${why}`);
      return undefined;
    }
  }

  #path(owner: LeaseOwner): string {
    const digest = createHash("sha256").update(ownerKey(owner)).digest("hex");
    return join(this.#directory, `${digest.slice(0, 40)}.json`);
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}
