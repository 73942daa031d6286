import {
  type CallConnection,
  CallListener,
  type CallMessage,
  type Fd,
  type FileStatus,
  fileStatus,
  readSome,
  writeAll,
} from "../../sys/mod.ts";
import type { Program } from "../plugins/program.ts";
import { printVersion } from "../plugins/programs/version.ts";
import { isPlugin, loadProgram } from "../plugins/registry.ts";
import type { Streams } from "../plugins/streams.ts";
import { type Answer, type Call, decodeCall, encodeAnswer } from "./call.ts";
import { CallerCheck } from "./surroundings.ts";
import { WORKER_EXIT, WORKER_WORD } from "./worker-protocol.ts";

/** Where the supervisor has put the descriptors that a worker has. */
const CONTROL_FD = 0;
const REPORT_FD = 1;
const LISTENING_FD = 3;

/** A client sends its message as soon as it is connected; one that is stopped holds nobody up. */
const MESSAGE_WAIT_MS = 100;

/** What a worker has of its process. */
export interface WorkerProcess {
  readonly execPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  chdir(directory: string): void;
  umask(mask: number): number;
}

/**
 * Serves calls one after the other until there is none for `idleMs`, or the supervisor ends, or the
 * executable has been replaced: then the next server is another program. Gives the exit code.
 */
export async function runWorker(process: WorkerProcess, idleMs: number): Promise<number> {
  const worker = new Worker(process);
  using listener = new CallListener(LISTENING_FD, CONTROL_FD);
  report(WORKER_WORD.ready);
  for (;;) {
    let waited = listener.wait(0);
    // One that has waited for this worker: all of them are busy.
    if (waited === "connection") report(WORKER_WORD.busy);
    else if (waited === "idle") waited = listener.wait(idleMs);
    if (waited !== "connection") return waited === "idle" ? WORKER_EXIT.idle : WORKER_EXIT.drained;
    if (worker.isReplaced()) return WORKER_EXIT.replaced;
    using connection = listener.accept();
    if (connection === undefined) continue;
    await worker.serve(connection);
    if (!worker.isAtHome()) return WORKER_EXIT.lost;
  }
}

function report(word: string): void {
  try {
    writeAll(REPORT_FD, word, "Cannot report");
  } catch {
    // The supervisor has ended: the next wait says so.
  }
}

/** Whoever reads the eventfd's one count runs the call: this server, or its client. */
function takeToken(token: Fd): boolean {
  const count = new Uint8Array(8);
  return readSome(token.number, count, "Cannot take the call") === count.length && count[0] === 1;
}

class Worker {
  readonly #process: WorkerProcess;
  readonly #callers = new CallerCheck();
  readonly #executable: FileStatus | undefined;
  /** Import again would be a search among modules: as long as half of a small call. */
  readonly #programs = new Map<string, Program>();
  #directory = "";
  #umask = -1;

  constructor(process: WorkerProcess) {
    this.#process = process;
    this.#executable = fileStatus(process.execPath);
  }

  isReplaced(): boolean {
    const now = fileStatus(this.#process.execPath);
    return (
      now?.inode !== this.#executable?.inode || now?.modifiedMs !== this.#executable?.modifiedMs
    );
  }

  isAtHome(): boolean {
    return this.#callers.isAtHome();
  }

  async serve(connection: CallConnection): Promise<void> {
    const message = connection.receive(MESSAGE_WAIT_MS);
    if (message === undefined) return;
    try {
      const call = this.#take(connection, message);
      const [stdin] = message.fds;
      if (call === undefined || stdin === undefined) return;
      const answer = await this.#run(call, stdin.number);
      connection.outliveClient();
      for (const part of encodeAnswer(answer)) if (!connection.send(part)) return;
    } finally {
      for (const fd of message.fds) fd.close();
    }
  }

  /** Undefined where the call is not this server's: nothing has happened, and the client falls back. */
  #take(connection: CallConnection, { bytes, fds }: CallMessage): Call | undefined {
    const call = decodeCall(bytes);
    const [, token] = fds;
    if (call === undefined || token === undefined || !isPlugin(call.plugin)) return undefined;
    if (!this.#callers.accepts(connection) || !this.#takeOn(call)) return undefined;
    return connection.endWithClient() && takeToken(token) ? call : undefined;
  }

  async #run({ plugin, env }: Call, stdin: number): Promise<Answer> {
    const printed = { stdout: "", stderr: "" };
    const streams: Streams = {
      stdin,
      writeStdout: (text) => {
        printed.stdout += text;
      },
      writeStderr: (text) => {
        printed.stderr += text;
      },
    };
    const exitCode = await this.#callPlugin(plugin, env, streams);
    return { exitCode, ...printed };
  }

  async #callPlugin(plugin: string, env: Call["env"], streams: Streams): Promise<number> {
    if (env["CNI_COMMAND"] === "VERSION") {
      printVersion(plugin, streams);
      return 0;
    }
    const program = this.#programs.get(plugin) ?? (await loadProgram(plugin));
    if (program === undefined) throw new TypeError(`Not a plugin: "${plugin}"`);
    this.#programs.set(plugin, program);
    return program.run({ execPath: this.#process.execPath, env, streams });
  }

  /** What belongs to a process as a whole becomes the client's; false where it cannot. */
  #takeOn({ directory, umask }: Call): boolean {
    try {
      if (directory !== this.#directory) {
        this.#process.chdir(directory);
        this.#directory = directory;
      }
    } catch {
      this.#directory = "";
      return false;
    }
    if (umask !== this.#umask) this.#process.umask(umask);
    this.#umask = umask;
    return true;
  }
}
