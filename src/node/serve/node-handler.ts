import { assertNever, NodewrightError } from "../../base/mod.ts";
import { dial } from "../../machine/mod.ts";
import { FileLock } from "../../sys/mod.ts";
import { applyNode } from "../apply/apply-node.ts";
import { commitGeneration, rollBackGeneration } from "../apply/roll-back.ts";
import { foresee } from "../foresight/foresee.ts";
import { readHistory, recallGeneration } from "../history.ts";
import type { NodeContext } from "../node-context.ts";
import { observeNode } from "../observe-node.ts";
import {
  type Emit,
  FRAME_CHUNK,
  type NodeMethods,
  PROTOCOL_VERSION,
} from "../protocol/protocol.ts";
import { readNodeStatus } from "../read-node-status.ts";
import { readTexts } from "../read-texts.ts";
import { takeAway } from "../reset/take-away.ts";
import { Store } from "../store/store.ts";
import { STORE_DIRECTORY } from "../store/store-directory.ts";
import type { FrameQueue } from "./frame-queue.ts";
import type { CheckedRequest, ServeOptions } from "./request.ts";

const DIAL_TIMEOUT_MS = 5_000;

interface RequestContext {
  readonly emit: Emit;
  /** Where the chunks of a blob come from. */
  readonly chunks: FrameQueue;
}

/** Carries out the requests of one session. Dispose it: it may hold the node's lock. */
export class NodeHandler implements Disposable {
  readonly #options: ServeOptions;
  readonly #node: NodeContext;
  readonly #signal: AbortSignal;
  #lock: FileLock | undefined;

  private constructor(options: ServeOptions, node: NodeContext, signal: AbortSignal) {
    this.#options = options;
    this.#node = node;
    this.#signal = signal;
  }

  static async open(options: ServeOptions, signal: AbortSignal): Promise<NodeHandler> {
    const store = await Store.open(options.machine.disk);
    return new NodeHandler(options, { machine: options.machine, store }, signal);
  }

  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
    this.#lock = undefined;
  }

  async handle(request: CheckedRequest, { emit, chunks }: RequestContext): Promise<unknown> {
    const note = (text: string): void => emit({ kind: "note", text });
    switch (request.method) {
      case "hello":
        return this.#hello();
      case "ping":
        return {};
      case "facts":
        return this.#options.facts(request.params);
      case "foresee":
        return foresee(this.#options.machine, request.params);
      case "collect":
        return this.#options.collect(request.params);
      case "lock":
        return this.#takeLock(request.params);
      case "observe":
        return observeNode(this.#node, request.params.desired);
      case "readTexts":
        return readTexts(this.#node, request.params.paths);
      case "putBlob":
        return this.#putBlob(request.params, chunks);
      case "apply": {
        this.#needLock("apply");
        const { desired, plan, allowedRules } = request.params;
        const options = { allowedRules, emit, signal: this.#signal };
        return applyNode(this.#node, desired, plan, options);
      }
      case "commit":
        this.#needLock("commit");
        await commitGeneration(this.#node, request.params.generation);
        return {};
      case "rollback":
        this.#needLock("roll back");
        return rollBackGeneration(this.#node, request.params.generation, request.params.why, emit);
      case "history":
        return { generations: await readHistory(this.#node) };
      case "recall":
        return recallGeneration(this.#node, request.params.generation);
      case "reset":
        return this.#reset(request.params.dryRun);
      case "status":
        return readNodeStatus(this.#node);
      case "network":
        return this.#options.network();
      case "dial":
        return dial(request.params.host, request.params.port, DIAL_TIMEOUT_MS);
      case "unit": {
        const { unit } = request.params;
        const state = (await this.#node.machine.systemd.show([unit]))[unit];
        return { activeState: state?.activeState ?? "", subState: state?.subState ?? "" };
      }
      case "journal": {
        const { unit, lines } = request.params;
        return { lines: await this.#node.machine.systemd.journal(unit, { lines }) };
      }
      case "verify":
        return this.#options.verify(request.params, note, this.#signal);
      default:
        return assertNever(request);
    }
  }

  #hello(): NodeMethods["hello"]["result"] {
    const { toolVersion } = this.#options.machine;
    return { protocol: PROTOCOL_VERSION, version: toolVersion, uid: this.#options.uid };
  }

  async #takeLock({
    holder,
    waitMs,
  }: NodeMethods["lock"]["params"]): Promise<Record<string, never>> {
    if (this.#lock !== undefined) return {};
    const { clock, disk } = this.#node.machine;
    await disk.makeDirectory(STORE_DIRECTORY, 0o700);
    const path = disk.at(this.#node.store.lockPath);
    for (;;) {
      const lock = await FileLock.acquire(path, {
        holder,
        clock,
        timeoutMs: waitMs,
        signal: this.#signal,
      });
      // A reset by the holder before us may have removed the file that we then locked.
      if (FileLock.holder(path).endsWith(holder)) {
        this.#lock = lock;
        return {};
      }
      lock[Symbol.dispose]();
    }
  }

  #needLock(what: string): void {
    if (this.#lock !== undefined) return;
    throw new NodewrightError("not-locked", `Cannot ${what}: this session does not hold the lock`);
  }

  async #putBlob(
    params: NodeMethods["putBlob"]["params"],
    chunks: FrameQueue,
  ): Promise<Record<string, never>> {
    this.#needLock("store a blob");
    const receiver = await this.#node.store.blobs.receive(params);
    try {
      while (receiver.awaitedChunks > 0) {
        const frame = await chunks.next();
        if (frame === undefined) throw this.#signal.reason;
        if (frame.type !== FRAME_CHUNK) {
          chunks.putBack(frame);
          throw new NodewrightError(
            "protocol",
            `Cannot take blob ${params.digest}: ${receiver.awaitedChunks} chunks of it did not come`,
          );
        }
        await receiver.write(frame.bytes);
      }
    } catch (thrown) {
      await receiver.close();
      throw thrown;
    }
    await receiver.finish();
    return {};
  }

  async #reset(dryRun: boolean): Promise<NodeMethods["reset"]["result"]> {
    if (!dryRun) this.#needLock("reset");
    const report = await takeAway(this.#node, { dryRun, keepMemory: false });
    // The lock's file has gone with everything else: it protects nothing any more.
    if (!dryRun && report.leftovers.length === 0) this[Symbol.dispose]();
    return report;
  }
}
