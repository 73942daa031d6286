import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { messageOf } from "../../base/mod.ts";
import { atomicWriteFileSync } from "../../sys/mod.ts";
import { fnv32a, type GoType, goDump } from "./go-dump.ts";

/** How a checkpoint is written: JSON with a checksum, as the kubelet of 1.36 has it. */
export interface CheckpointFormat<T> {
  readonly schema: z.ZodType<T>;
  /** What the checksum is over. */
  readonly checked: GoType;
  /** The part of the value that it is over, with the checksum of it being 0. */
  readonly part: (value: T) => unknown;
  readonly sumOf: (value: T) => number;
  readonly withSum: (value: T, sum: number) => T;
}

/** A file in which a manager of the kubelet keeps what it has given away. */
export class CheckpointFile<T> {
  readonly path: string;
  readonly #format: CheckpointFormat<T>;

  constructor(path: string, format: CheckpointFormat<T>) {
    this.path = path;
    this.#format = format;
  }

  /** undefined where there is none. Rejects, in the kubelet's words, where it cannot be trusted. */
  async read(): Promise<T | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
      throw thrown;
    }
    const value = this.#parse(text);
    if (this.#sum(value) !== this.#format.sumOf(value)) throw new Error("checkpoint is corrupted");
    return value;
  }

  #parse(text: string): T {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (thrown) {
      throw new Error(`checkpoint is no JSON: ${messageOf(thrown)}`, { cause: thrown });
    }
    const parsed = this.#format.schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new Error(`checkpoint has a wrong ${issue?.path.join(".")}: ${issue?.message}`);
  }

  /** On disk before this returns: what it says is true before anything uses it. */
  write(value: T): void {
    const summed = this.#format.withSum(value, this.#sum(value));
    atomicWriteFileSync(this.path, JSON.stringify(summed), { mode: 0o600 });
  }

  #sum(value: T): number {
    return fnv32a(goDump(this.#format.part(value), this.#format.checked));
  }
}
