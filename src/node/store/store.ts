import { z } from "zod";
import { NodewrightError } from "../../base/mod.ts";
import type { Disk } from "../../machine/mod.ts";
import type { DesiredNode, Generation } from "../../plan/mod.ts";
import { digestSchema, storedDesiredNodeSchema } from "../protocol/schema.ts";
import { BlobStore } from "./blob-store.ts";
import { FileDigests } from "./file-digests.ts";
import { emptyLedger, type Ledger, ledgerSchema } from "./ledger.ts";
import { STORE_DIRECTORY } from "./store-directory.ts";

/** A generation with what it was to be and from which one it started. */
export interface GenerationRecord extends Generation {
  /** The good generation before it, to go back to; null: the node as it was before nodewright. */
  readonly base: number | null;
  readonly desired: DesiredNode;
}

const generationSchema = z.strictObject({
  id: z.int().positive(),
  state: z.enum(["applying", "good", "failed"]),
  startedAtMs: z.number(),
  toolVersion: z.string(),
  desiredDigest: digestSchema,
  allowedRules: z.array(z.string()).exactOptional(),
  error: z.string().exactOptional(),
  base: z.int().nullable(),
  desired: storedDesiredNodeSchema,
});

/** Records of generations that are kept beside the current one and the one before it. */
const KEPT_RECORDS = 10;
/** Contents of older generations that are kept: configurations and units, not executables. */
const SMALL_BLOB_BYTES = 256 * 1024;

/**
 * The node's memory: generations, the ledger, originals, blobs. Which generation is current is
 * derived (the newest good one), so it cannot contradict the records. Only the holder of the
 * lock writes.
 */
export class Store {
  readonly disk: Disk;
  readonly digests: FileDigests;
  readonly blobs: BlobStore;

  private constructor(disk: Disk, digests: FileDigests) {
    this.disk = disk;
    this.digests = digests;
    this.blobs = new BlobStore(
      disk,
      { blobs: `${STORE_DIRECTORY}/blobs`, executables: `${STORE_DIRECTORY}/bin` },
      digests,
    );
  }

  static async open(disk: Disk): Promise<Store> {
    return new Store(disk, await FileDigests.open(disk, `${STORE_DIRECTORY}/stat-cache.json`));
  }

  get lockPath(): string {
    return `${STORE_DIRECTORY}/lock`;
  }

  /** True where nodewright has never changed this node, or was taken off again. */
  async isEmpty(): Promise<boolean> {
    return (await this.disk.lstat(`${STORE_DIRECTORY}/ledger.json`)) === undefined;
  }

  async readLedger(nowMs: number): Promise<Ledger> {
    const path = `${STORE_DIRECTORY}/ledger.json`;
    const text = await this.disk.readText(path);
    return text === undefined ? emptyLedger(nowMs) : parseRecord(path, text, ledgerSchema);
  }

  async writeLedger(ledger: Ledger): Promise<void> {
    await this.#write(`${STORE_DIRECTORY}/ledger.json`, ledger);
  }

  /** All generations that are remembered, the oldest first. */
  async generations(): Promise<readonly GenerationRecord[]> {
    const directory = `${STORE_DIRECTORY}/generations`;
    const ids = (await this.disk.list(directory)).flatMap((name) => {
      const id = /^([1-9][0-9]*)\.json$/.exec(name)?.[1];
      return id === undefined ? [] : [Number(id)];
    });
    const records: GenerationRecord[] = [];
    for (const id of ids.sort((a, b) => a - b)) {
      const path = `${directory}/${id}.json`;
      const text = await this.disk.readText(path);
      if (text !== undefined) records.push(parseRecord(path, text, generationSchema));
    }
    return records;
  }

  async writeGeneration(record: GenerationRecord): Promise<void> {
    await this.#write(`${STORE_DIRECTORY}/generations/${record.id}.json`, record);
  }

  /** Removes what interrupted writes left in the memory itself. */
  removeTemporaries(): void {
    for (const directory of ["", "/generations", "/originals", "/blobs"]) {
      this.disk.removeTemporaries(`${STORE_DIRECTORY}${directory}`);
    }
  }

  /**
   * Forgets old records, executables of nodewright other than `executable`, and blobs: of the
   * current generation and the one before it everything is kept, of older ones what is neither
   * large nor secret. So the node can return to any of them that had the same executables and keys.
   */
  async collectGarbage(executable: string): Promise<void> {
    const records = await this.generations();
    const current = currentOf(records);
    const before = records.find((record) => record.id === current?.base);
    const forgotten = records
      .slice(0, -KEPT_RECORDS)
      .filter((record) => record !== current && record !== before);
    const kept = records.flatMap((record) => {
      if (record === current || record === before) return record.desired.files;
      if (record.state !== "good" || forgotten.includes(record)) return [];
      return record.desired.files.filter(
        ({ sensitive, sizeBytes }) => !sensitive && sizeBytes <= SMALL_BLOB_BYTES,
      );
    });
    await this.blobs.collect(new Set(kept.map((file) => file.digest)));
    for (const record of forgotten) {
      await this.disk.remove(`${STORE_DIRECTORY}/generations/${record.id}.json`);
    }
    for (const name of await this.disk.list(`${STORE_DIRECTORY}/bin`)) {
      const path = `${STORE_DIRECTORY}/bin/${name}`;
      // A part may be on its way in another session; one that is being made has its maker's pid.
      const isWhole = /^[0-9a-f]{64}$/.test(name) && path !== executable;
      const maker = /^\..+\.new\.([0-9]+)(\.part)?$/.exec(name)?.[1];
      const isDead = maker !== undefined && (await this.disk.lstat(`/proc/${maker}`)) === undefined;
      if (isWhole || isDead) await this.disk.remove(path);
    }
    this.disk.flush();
  }

  async #write(path: string, value: unknown): Promise<void> {
    await this.disk.makeDirectory(path.slice(0, path.lastIndexOf("/")), 0o700);
    await this.disk.write(path, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
  }
}

/** The newest good generation. */
export function currentOf(records: readonly GenerationRecord[]): GenerationRecord | undefined {
  return records.findLast((record) => record.state === "good");
}

/** The generation whose apply neither ended well nor was taken back. */
export function interruptedOf(records: readonly GenerationRecord[]): GenerationRecord | undefined {
  const last = records.at(-1);
  return last?.state === "applying" ? last : undefined;
}

/** A generation without what only the node needs of it. */
export function toGeneration(record: GenerationRecord): Generation {
  const { base: _base, desired: _desired, ...generation } = record;
  return generation;
}

function parseRecord<T>(path: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is not JSON";
    throw new NodewrightError("store-damaged", `Cannot understand "${path}" on the node: ${why}`, {
      fix: `use the version of nodewright that wrote it (toolVersion in it); it is needed to go back and to reset`,
      cause,
    });
  }
}
