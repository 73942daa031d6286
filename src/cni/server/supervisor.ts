import { NodewrightError } from "../../base/mod.ts";
import { IDLE_VARIABLE, WORKER_EXIT, WORKER_NAME, WORKER_WORD } from "./worker-protocol.ts";

/** How a server is run. */
export interface ServerOptions {
  /** A listening SOCK_SEQPACKET socket. */
  readonly listening: number;
  /** The executable that workers are. */
  readonly execPath: string;
  readonly idleMs: number;
  /** Calls that are served side by side; more wait, and fall back after 20 ms. */
  readonly maxWorkers: number;
  /** Aborted where the server is to end: calls that were taken are finished. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A worker beside others stays no longer than this without a call. */
const SURPLUS_IDLE_MS = 30_000;

type WorkerChild = Bun.Subprocess<"pipe", "pipe", "inherit">;

/**
 * Keeps workers that serve calls, as many as are busy at once, and ends when the last one has. Each
 * call has a process for its time: only a process can be ended in the middle of a system call, with
 * its locks and descriptors, as a plugin that its runtime kills.
 */
export async function runServer(options: ServerOptions): Promise<void> {
  const supervisor = new Supervisor(options);
  await supervisor.run();
}

class Supervisor {
  readonly #options: ServerOptions;
  readonly #workers = new Set<WorkerChild>();
  readonly #ended = Promise.withResolvers<void>();
  #isDraining = false;
  /** Of the workers that were started one is not ready yet. */
  #isStarting = false;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const drain = (): void => this.#drain();
    this.#options.signal.addEventListener("abort", drain, { once: true });
    this.#start();
    if (this.#options.signal.aborted) this.#drain();
    await this.#ended.promise;
    this.#options.signal.removeEventListener("abort", drain);
  }

  #start(): void {
    if (this.#isDraining || this.#isStarting) return;
    if (this.#workers.size >= this.#options.maxWorkers) return;
    this.#isStarting = true;
    const { listening, execPath, env } = this.#options;
    const isOnly = this.#workers.size === 0;
    const idleMs = Math.min(
      this.#options.idleMs,
      isOnly ? Number.POSITIVE_INFINITY : SURPLUS_IDLE_MS,
    );
    const worker: WorkerChild = Bun.spawn([execPath], {
      argv0: WORKER_NAME,
      env: { ...env, [IDLE_VARIABLE]: String(idleMs) },
      stdio: ["pipe", "pipe", "inherit", listening],
    });
    this.#workers.add(worker);
    void this.#follow(worker);
  }

  async #follow(worker: WorkerChild): Promise<void> {
    let isReady = false;
    for await (const bytes of worker.stdout) {
      const words = new TextDecoder().decode(bytes);
      if (!isReady && words.includes(WORKER_WORD.ready)) {
        isReady = true;
        this.#isStarting = false;
      }
      if (words.includes(WORKER_WORD.busy)) this.#start();
    }
    const exitCode = await worker.exited;
    this.#workers.delete(worker);
    if (!isReady) {
      this.#isStarting = false;
      this.#fail(exitCode);
    }
    // What replaces the executable replaces the server: systemd starts the next one by its socket.
    if (exitCode === WORKER_EXIT.replaced) this.#drain();
    // Others have none to do either, or will ask for one.
    if (exitCode !== WORKER_EXIT.idle) this.#start();
    if (this.#workers.size === 0) this.#ended.resolve();
  }

  #fail(exitCode: number): void {
    this.#drain();
    this.#ended.reject(
      new NodewrightError("cni-server", `Cannot serve calls: a worker ended with ${exitCode}`),
    );
  }

  /** Workers that wait end at once, the others after their call. */
  #drain(): void {
    this.#isDraining = true;
    for (const worker of this.#workers) void worker.stdin.end();
  }
}
