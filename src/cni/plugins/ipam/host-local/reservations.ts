import { formatAddress, type IpAddress } from "../../../../ip/mod.ts";
import {
  Fd,
  fileStatus,
  listDirectory,
  lockDescriptor,
  makeDirectory,
  O,
  overwriteText,
  readText,
  removeFile,
  renameFile,
  writeText,
} from "../../../../sys/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { decodeHolder, type Holder, isHeldBy } from "./holder.ts";
import { HolderIndex, type IndexEntry, parseAddressName } from "./holder-index.ts";

/** Where a network's reservations are. */
export interface ReservationPlace {
  readonly dataDir: string;
  readonly network: string;
  /** Told what was found wrong and mended. */
  readonly log: (line: string) => void;
}

/** One reserved address and what its file says of the holder. */
export interface Reservation {
  readonly address: IpAddress;
  readonly holder: Holder | "garbled" | "unknown";
}

const LAST_RESERVED = "last_reserved_ip.";

/**
 * The addresses of a network that are reserved on this machine, in the reference plugin's files:
 * `DATA/NETWORK/ADDRESS`, one file an address, holds the container's ID and interface;
 * `last_reserved_ip.N` the last address of range set N; `lock` is what every writer holds while
 * it reads or changes anything, and so does this object from open to close.
 */
export class Reservations implements Disposable {
  readonly #directory: string;
  readonly #index: HolderIndex;
  readonly #lock: Fd;
  readonly #log: (line: string) => void;

  private constructor({ dataDir, network, log }: ReservationPlace, lock: Fd) {
    this.#directory = `${dataDir}/${network}`;
    this.#index = new HolderIndex(dataDir, network);
    this.#lock = lock;
    this.#log = log;
  }

  /** Locks a network's reservations, making their directory where it is missing. */
  static open(place: ReservationPlace): Reservations {
    const directory = `${place.dataDir}/${place.network}`;
    makeDirectory(directory);
    const path = `${directory}/lock`;
    const lock = Fd.open(path, O.RDONLY | O.CREAT, 0o750);
    try {
      // Nothing is written into it: the reference takes every text in here for a holder.
      lockDescriptor(lock, `Cannot lock "${path}"`);
      const reservations = new Reservations(place, lock);
      reservations.#takeInOthers();
      return reservations;
    } catch (thrown) {
      lock.close();
      throw thrown;
    }
  }

  /** As open; undefined where the network has no reservations' directory. */
  static find(place: ReservationPlace): Reservations | undefined {
    const isThere = fileStatus(`${place.dataDir}/${place.network}`)?.isDirectory === true;
    return isThere ? Reservations.open(place) : undefined;
  }

  /** Every reservation, as its file says. */
  list(): Reservation[] {
    return listReservations(this.#directory);
  }

  has(address: IpAddress): boolean {
    return fileStatus(this.#pathOf(address)) !== undefined;
  }

  /** What an attachment has; where it has nothing, what its container has by the older form. */
  find(attachment: Attachment): IndexEntry[] {
    const own = this.#index.find(attachment);
    return own.length > 0 ? own : this.#index.find({ ...attachment, ifName: undefined });
  }

  /** Reserves an address; false where somebody has it. */
  reserve(address: IpAddress, attachment: Attachment): boolean {
    return this.#index.reserve(address, attachment);
  }

  /** Counts what an attachment has from an earlier boot as made now. */
  renew(entry: IndexEntry, attachment: Attachment): void {
    this.#index.renew(entry, attachment);
  }

  /** Gives one address back. */
  release(entry: IndexEntry): void {
    this.#index.release(entry);
  }

  /** Gives back all that an attachment has and says which. */
  releaseAll(attachment: Attachment): IpAddress[] {
    const entries = this.find(attachment);
    for (const entry of entries) this.#index.release(entry);
    if (entries.length > 0) return entries.map(({ address }) => address);
    // Seldom: a repeated DEL, or a file whose second name is none of the index.
    return this.releaseWhere(
      (holder) => typeof holder === "object" && isHeldBy(holder, attachment),
    );
  }

  /** Gives back what `isStale` says and says which. */
  releaseWhere(isStale: (holder: Reservation["holder"]) => boolean): IpAddress[] {
    const stale = this.list().filter(({ holder }) => isStale(holder));
    for (const { address } of stale) removeFile(this.#pathOf(address));
    // The reference plugin releases a reservation and leaves its second name.
    this.#index.sweep();
    return stale.map(({ address }) => address);
  }

  /** Gives back what was reserved before this boot and says which. */
  releaseOld(isMeant: (address: IpAddress) => boolean): IpAddress[] {
    const old = this.#index.findOld().filter(({ address }) => isMeant(address));
    for (const entry of old) this.#index.release(entry);
    return old.map(({ address }) => address);
  }

  /** What was reserved before this boot. */
  findOld(): IndexEntry[] {
    return this.#index.findOld();
  }

  /** Whose an address is, for messages. */
  describeHolder(address: IpAddress): string {
    const holder = decodeHolder(readIfThere(this.#pathOf(address)) ?? "");
    if (typeof holder === "string") return "an unknown attachment";
    const { containerId, ifName } = holder;
    return `container "${containerId}"${ifName === undefined ? "" : `, interface "${ifName}",`}`;
  }

  /** The address of a range set that was handed out last. */
  lastOf(set: number): IpAddress | undefined {
    return parseAddressName(this.#readLast(set));
  }

  setLast(set: number, address: IpAddress): void {
    const text = formatAddress(address);
    const path = this.#lastFile(set);
    if (this.#readLast(set).length === text.length) {
      // One write puts one text in the place of another of its length: nobody sees half of it.
      overwriteText(path, text);
    } else {
      const temporary = `${this.#index.bootDirectory}/last`;
      writeText(temporary, text, { mode: 0o600 });
      renameFile(temporary, path);
    }
    if (set === 0) this.#writeState(text);
  }

  #readLast(set: number): string {
    return readIfThere(this.#lastFile(set)) ?? "";
  }

  #lastFile(set: number): string {
    return `${this.#directory}/${LAST_RESERVED}${set}`;
  }

  /**
   * Makes the index whole where it may not be: the reference plugin was here, or the machine has
   * booted, or somebody has copied the directory. Whoever reserves an address in any set has one
   * of set 0 and writes it down as the last one, so that is where a stranger is seen: it is not
   * what was written from here, or the reservation itself has no second name in the index.
   */
  #takeInOthers(): void {
    const last = this.#readLast(0);
    const state = readIfThere(this.#stateFile)?.split("\n")[0];
    const lastAddress = parseAddressName(last);
    const isStrangers = lastAddress !== undefined && this.#isStrange(lastAddress);
    if (state === this.#stateWith(last) && !isStrangers) return;
    for (const address of addressesIn(this.#directory)) {
      if (this.#isStrange(address)) this.#takeIn(address);
    }
    if (state === undefined) this.#index.sweep();
    makeDirectory(this.#index.bootDirectory);
    this.#writeState(last);
  }

  #takeIn(address: IpAddress): void {
    const path = this.#pathOf(address);
    const holder = decodeHolder(readText(path));
    if (holder === "unknown") return;
    if (holder === "garbled") {
      this.#log(`host-local: "${path}" names no container: it is removed, the address is free`);
      removeFile(path);
    } else this.#index.adopt(address, holder);
  }

  #isStrange(address: IpAddress): boolean {
    return fileStatus(this.#pathOf(address))?.links === 1;
  }

  #pathOf(address: IpAddress): string {
    return `${this.#directory}/${formatAddress(address)}`;
  }

  get #stateFile(): string {
    return `${this.#index.bootDirectory}/state`;
  }

  /**
   * Torn by a crash it matches nothing, and everything is looked at again. Its first line counts:
   * the file is never made shorter, because freeing its block may take longer than all the rest.
   */
  #writeState(last: string): void {
    overwriteText(this.#stateFile, `${this.#stateWith(last)}\n`);
  }

  #stateWith(last: string): string {
    const status = fileStatus(this.#directory);
    return `${status?.device}:${status?.inode} ${last}`;
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }
}

/** The reservations in a network's directory, read without its lock: for people to look at. */
export function listReservations(directory: string): Reservation[] {
  return addressesIn(directory).flatMap((address) => {
    const text = readIfThere(`${directory}/${formatAddress(address)}`);
    return text === undefined ? [] : [{ address, holder: decodeHolder(text) }];
  });
}

/** The addresses that files in a directory are named after; none where there is no such directory. */
function addressesIn(directory: string): IpAddress[] {
  if (fileStatus(directory)?.isDirectory !== true) return [];
  return listDirectory(directory).flatMap((name) => parseAddressName(name) ?? []);
}

function readIfThere(path: string): string | undefined {
  return fileStatus(path)?.isFile === true ? readText(path) : undefined;
}
