import { byteLength } from "../../../../base/mod.ts";
import { formatAddress, type IpAddress, parseAddress } from "../../../../ip/mod.ts";
import {
  fileStatus,
  linkFile,
  listDirectory,
  makeDirectory,
  readText,
  removeDirectory,
  removeFile,
  writeText,
} from "../../../../sys/mod.ts";
import { encodeHolder, type Holder } from "./holder.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** In the data directory, where no network's name can be: those begin with a letter or digit. */
const INDEX_DIRECTORY = ".nodewright";
/** NAME_MAX of Linux. */
const LONGEST_NAME = 255;

/** A reservation as the index knows it. */
export interface IndexEntry {
  readonly address: IpAddress;
  /** The boot in which it was made, or first seen. */
  readonly bootId: string;
  readonly path: string;
}

/**
 * Finds the reservations of a holder without reading all of them, and tells from which boot they
 * are: `DATA/.nodewright/NETWORK/BOOT/CONTAINER@IF/ADDRESS` is a second name (a hard link) of the
 * reservation `DATA/NETWORK/ADDRESS`. A reservation is made by linking a finished file to its
 * place, so it never appears half written, and an entry without a reservation is one that was not
 * finished or that somebody else has released: it counts for nothing. The place is outside of the
 * network's directory because the reference plugin reads everything in there.
 */
export class HolderIndex {
  readonly #networkDirectory: string;
  readonly #root: string;
  readonly #bootId: string;

  constructor(dataDir: string, network: string) {
    this.#networkDirectory = `${dataDir}/${network}`;
    this.#root = `${dataDir}/${INDEX_DIRECTORY}/${network}`;
    this.#bootId = readText(BOOT_ID).trim();
  }

  /** Where facts about this boot are kept; a file "state" in it is removed with it. */
  get bootDirectory(): string {
    return `${this.#root}/${this.#bootId}`;
  }

  /** Reserves an address for a holder; false where it is taken. */
  reserve(address: IpAddress, holder: Holder & { readonly ifName: string }): boolean {
    const path = this.#prepare(address, holder);
    // As the reference; without fsync: after a crash of the machine no reservation means anything.
    writeText(path, encodeHolder(holder), { mode: 0o600 });
    if (linkFile(path, this.#placeOf(address))) return true;
    this.#forget(path);
    return false;
  }

  /** Takes in a reservation that somebody else made. */
  adopt(address: IpAddress, holder: Holder): void {
    linkFile(this.#placeOf(address), this.#prepare(address, holder));
  }

  /** Counts an entry of an earlier boot as one of this: its holder asked for it again. */
  renew(entry: IndexEntry, holder: Holder): void {
    if (entry.bootId === this.#bootId) return;
    this.adopt(entry.address, holder);
    this.#forget(entry.path);
  }

  /** The reservations of a holder, of all boots. */
  find(holder: Holder): IndexEntry[] {
    const entries: IndexEntry[] = [];
    for (const bootId of this.#boots()) entries.push(...this.#entries(bootId, nameOf(holder)));
    return entries;
  }

  /** The reservations from before this boot: no container of them lives any more. */
  findOld(): IndexEntry[] {
    return this.#boots()
      .filter((bootId) => bootId !== this.#bootId)
      .flatMap((bootId) => {
        const holders = holderNames(`${this.#root}/${bootId}`);
        return holders.flatMap((name) => this.#entries(bootId, name));
      });
  }

  /** Gives an address back: its reservation first, so that what is interrupted counts as given back. */
  release({ address, path }: IndexEntry): void {
    removeFile(this.#placeOf(address));
    this.#forget(path);
  }

  /** Removes what counts for nothing. */
  sweep(): void {
    for (const bootId of this.#boots()) {
      const boot = `${this.#root}/${bootId}`;
      for (const name of holderNames(boot)) {
        this.#entries(bootId, name);
        removeDirectory(`${boot}/${name}`);
      }
      if (bootId === this.#bootId) continue;
      removeFile(`${boot}/state`);
      removeDirectory(boot);
    }
  }

  /** The live entries of a holder; dead ones are removed on the way. */
  #entries(bootId: string, holderName: string): IndexEntry[] {
    const directory = `${this.#root}/${bootId}/${holderName}`;
    const entries: IndexEntry[] = [];
    for (const name of names(directory)) {
      const path = `${directory}/${name}`;
      const address = parseAddressName(name);
      if (address !== undefined && isSameFile(path, this.#placeOf(address))) {
        entries.push({ address, bootId, path });
      } else this.#forget(path);
    }
    return entries;
  }

  #prepare(address: IpAddress, holder: Holder): string {
    const directory = `${this.bootDirectory}/${nameOf(holder)}`;
    makeDirectory(directory);
    const path = `${directory}/${formatAddress(address)}`;
    // What an interrupted reservation left; a link would be refused, a write would go into it.
    removeFile(path);
    return path;
  }

  #forget(path: string): void {
    removeFile(path);
    removeDirectory(path.slice(0, path.lastIndexOf("/")));
  }

  #placeOf(address: IpAddress): string {
    return `${this.#networkDirectory}/${formatAddress(address)}`;
  }

  #boots(): string[] {
    return names(this.#root);
  }
}

/** The address that a file is named after; undefined for every other file. */
export function parseAddressName(name: string): IpAddress | undefined {
  const parsed = parseAddress(name);
  return parsed.ok && formatAddress(parsed.value) === name ? parsed.value : undefined;
}

/** The names in a directory; none where there is no such directory. */
function names(directory: string): string[] {
  return fileStatus(directory)?.isDirectory === true ? listDirectory(directory) : [];
}

/** The holders of a boot. */
function holderNames(directory: string): string[] {
  return names(directory).filter((name) => name.includes("@"));
}

function isSameFile(a: string, b: string): boolean {
  const left = fileStatus(a);
  if (left === undefined || left.links < 2) return false;
  const right = fileStatus(b);
  return left.inode === right?.inode && left.device === right.device;
}

/** A container ID has no "@" in it, so the name tells the two apart. */
function nameOf({ containerId, ifName = "" }: Holder): string {
  const name = `${containerId}@${ifName}`;
  if (byteLength(name) <= LONGEST_NAME) return name;
  return `@${new Bun.CryptoHasher("sha256").update(name).digest("hex")}`;
}
