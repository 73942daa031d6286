import { randomBytes } from "node:crypto";
import { NodewrightError } from "../../base/mod.ts";
import { ByteStream } from "./byte-stream.ts";
import { SESSION_SCRIPT } from "./session-script.ts";
import { type SshError, sshFailure } from "./ssh-error.ts";
import { asRoot, type SshTarget, sshArgv } from "./ssh-target.ts";

/** Encodings in which the executable can travel; both are streams that can be resumed by offset. */
export type ExecutableEncoding = "gzip" | "zstd";

/** The executable that becomes the part on the node. */
export interface NodeExecutable {
  /** SHA-256 of the plain file. */
  readonly digest: string;
  /** Its encoded form on this machine, made once and kept. */
  encoded(
    encoding: ExecutableEncoding,
  ): Promise<{ readonly path: string; readonly sizeBytes: number }>;
}

/** The executables that there are, by machine type as `uname -m` prints it. */
export type NodeExecutables = ReadonlyMap<string, NodeExecutable>;

/** The byte stream to `nodewright node serve`, as the session client needs it. */
export interface NodeStream {
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the conversation and waits for the far side to go. */
  close(): Promise<void>;
  /** Why the stream ended, once it has. */
  failure(): Promise<NodewrightError>;
}

/** What the machine said of itself before anything was sent to it. */
export interface SshGreeting {
  /** As `uname -m` prints it: `x86_64`, `aarch64`. */
  readonly machine: string;
  readonly hasExecutable: boolean;
  readonly encoding: ExecutableEncoding;
  readonly receivedBytes: number;
}

/**
 * One SSH connection to one machine. It first only asks; nothing is written on the machine
 * until `start`. Rejects with SshError.
 */
export class SshConnection {
  readonly target: SshTarget;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #out: ByteStream;
  readonly #stderr: Promise<string>;
  readonly #nonce: string;
  #greeting: SshGreeting | undefined;

  private constructor(
    target: SshTarget,
    child: Bun.Subprocess<"pipe", "pipe", "pipe">,
    nonce: string,
  ) {
    this.target = target;
    this.#child = child;
    this.#nonce = nonce;
    this.#out = new ByteStream(child.stdout);
    this.#stderr = new Response(child.stderr).text();
  }

  /** Connects, becomes root and reads the greeting. */
  static async open(
    target: SshTarget,
    options: {
      executables: NodeExecutables;
      env: Readonly<Record<string, string | undefined>>;
      signal: AbortSignal;
    },
  ): Promise<SshConnection> {
    options.signal.throwIfAborted();
    const nonce = `nodewright-${randomBytes(9).toString("hex")}`;
    const command = asRoot(target, [
      "sh",
      "-c",
      SESSION_SCRIPT,
      "sh",
      nonce,
      ...[...options.executables].flatMap(([machine, { digest }]) => [machine, digest]),
    ]);
    const child = Bun.spawn(sshArgv(target, command), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...options.env, LC_ALL: "C" },
    });
    const connection = new SshConnection(target, child, nonce);
    options.signal.addEventListener("abort", () => child.kill(), { once: true });
    const words = await connection.#answer();
    if (words === undefined) throw await connection.failure();
    if (words[0] === "unsupported") {
      await connection.close();
      throw unsupportedMachine(target, words[1] ?? "unknown", [...options.executables.keys()]);
    }
    connection.#greeting = parseGreeting(words);
    return connection;
  }

  get greeting(): SshGreeting {
    if (this.#greeting === undefined) throw new TypeError("Greeting read before open");
    return this.#greeting;
  }

  /** Sends the executable where it is missing, and turns the connection into a node stream. */
  async start(
    executable: NodeExecutable,
    onSent: (sentBytes: number, totalBytes: number) => void,
  ): Promise<NodeStream> {
    if (this.greeting.hasExecutable) await this.#write(Buffer.from("start\n"));
    else await this.#sendExecutable(executable, onSent);
    return {
      input: this.#out.chunks(),
      write: (bytes) => this.#write(bytes),
      close: () => this.close(),
      failure: () => this.failure(),
    };
  }

  async #sendExecutable(
    executable: NodeExecutable,
    onSent: (sentBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const { encoding, receivedBytes } = this.greeting;
    const { path, sizeBytes } = await executable.encoded(encoding);
    // A part that is longer than the whole is another build's: the far side finds it damaged.
    const offset = Math.min(receivedBytes, sizeBytes);
    await this.#write(Buffer.from(`send ${sizeBytes - offset}\n`));
    let sent = offset;
    for await (const chunk of Bun.file(path).slice(offset).stream()) {
      await this.#write(chunk);
      sent += chunk.length;
      onSent(sent, sizeBytes);
    }
    const words = await this.#answer();
    if (words === undefined) throw await this.failure();
    if (words[0] !== "received") {
      throw new NodewrightError("ssh", "Cannot send nodewright to the node: it arrived damaged", {
        node: this.target.node,
        fix: "run the same command again; the damaged part was removed",
      });
    }
  }

  /** The words of the next line that carries our nonce; login scripts may print before it. */
  async #answer(): Promise<string[] | undefined> {
    for (let i = 0; i < 1000; i++) {
      const line = await this.#out.readLine();
      if (line === undefined) return undefined;
      const words = line.trim().split(" ");
      if (words[0] === this.#nonce) return words.slice(1);
    }
    return undefined;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      this.#child.stdin.write(bytes);
      await this.#child.stdin.flush();
    } catch {
      throw await this.failure();
    }
  }

  /** Ends the far side by ending its input; kills ssh where it does not end within 5 s. */
  async close(): Promise<void> {
    await Promise.resolve(this.#child.stdin.end()).catch(() => {});
    const timer = setTimeout(() => this.#child.kill(), 5000);
    await this.#child.exited;
    clearTimeout(timer);
  }

  /** Cuts the connection at once. */
  kill(): void {
    this.#child.kill();
  }

  /** Waits for ssh to end and says why it did. */
  async failure(): Promise<SshError> {
    const exitCode = await this.#child.exited;
    return sshFailure(this.target, exitCode, await this.#stderr);
  }
}

function parseGreeting(words: readonly string[]): SshGreeting {
  const [state, machine = "unknown", encoding, receivedBytes] = words;
  return {
    machine,
    hasExecutable: state === "have",
    encoding: encoding === "zstd" ? "zstd" : "gzip",
    receivedBytes: Number(receivedBytes) || 0,
  };
}

function unsupportedMachine(
  target: SshTarget,
  machine: string,
  built: readonly string[],
): NodewrightError {
  return new NodewrightError(
    "architecture",
    `Cannot run nodewright on a machine of type ${machine}`,
    {
      node: target.node,
      fix: `build nodewright for it and put it beside this one as nodewright-${machine}; there is: ${built.join(", ")}`,
    },
  );
}
