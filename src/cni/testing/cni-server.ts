import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Netns, withNetns } from "../../netns/mod.ts";
import { CLIENT_NAME, PROGRAM_NAME } from "../client/mod.ts";
import { PLUGIN_NAMES } from "../plugins/plugin-names.ts";
import { SERVER_SOCKET } from "../server/mod.ts";

/** How long a server may take to listen. */
const START_MS = 10_000;
const LOOK_MS = 5;

export interface CniServerOptions {
  /** Where the server runs, and its clients have to. */
  readonly netns: Netns;
  /** An installation with a client. */
  readonly installed: string;
  /** False: the program is not where clients look for it, so that they cannot fall back. */
  readonly hasFallback?: boolean;
  /** Default: as many as a server usually has. */
  readonly workers?: number;
  /** Default: as long as a server usually waits for a call. */
  readonly idleSeconds?: number;
}

/**
 * A CNI server of its own with a directory of plugins that lead to it: clients look for it at
 * another path than those of the machine.
 */
export class CniServer implements Disposable {
  /** The directory of plugins. */
  readonly directory: string;
  /** The full program of that directory. */
  readonly program: string;
  readonly socket: string;
  readonly #options: CniServerOptions;
  #child: Bun.Subprocess | undefined;

  constructor(options: CniServerOptions) {
    this.#options = options;
    // On the same disk, for hard links; the socket's path must be shorter than the real one.
    this.directory = mkdtempSync(join(dirname(options.installed), ".via-"));
    const name = options.hasFallback === false ? ".server" : PROGRAM_NAME;
    this.program = join(this.directory, name);
    this.socket = mkdtempSync("/run/nw-").concat("/s");
    linkSync(join(options.installed, PROGRAM_NAME), this.program);
    const client = join(this.directory, CLIENT_NAME);
    writeFileSync(client, withSocket(join(options.installed, CLIENT_NAME), this.socket), {
      mode: 0o755,
    });
    for (const name of PLUGIN_NAMES) linkSync(client, join(this.directory, name));
    this.start();
  }

  /** True where a directory of plugins has a client. */
  static isFor(installed: string): boolean {
    return existsSync(join(installed, CLIENT_NAME));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it and waits until it listens. */
  start(): void {
    const { netns, idleSeconds = 300, workers } = this.#options;
    const argv = [
      this.program,
      "cni",
      "serve",
      "--socket",
      this.socket,
      "--idle",
      `${idleSeconds}`,
      ...(workers === undefined ? [] : ["--workers", `${workers}`]),
    ];
    mkdirSync(dirname(this.socket), { recursive: true });
    this.#child = withNetns(netns, () =>
      Bun.spawn(argv, { stdio: ["ignore", "inherit", "inherit"] }),
    );
    for (let waited = 0; !existsSync(this.socket); waited += LOOK_MS) {
      if (waited > START_MS) throw new Error(`The server does not listen at "${this.socket}"`);
      Bun.sleepSync(LOOK_MS);
    }
  }

  /** The processes that serve calls. */
  workers(): readonly number[] {
    const tasks = `/proc/${this.pid}/task`;
    if (!existsSync(tasks)) return [];
    const text = readdirSync(tasks).map((id) => readFileSync(join(tasks, id, "children"), "utf8"));
    return text.join(" ").split(" ").filter(Boolean).map(Number);
  }

  /** Resolves with its exit code once it has ended by itself. */
  async ended(): Promise<number> {
    return (await this.#child?.exited) ?? 0;
  }

  /** Ends it as systemd does, and waits. */
  async stop(): Promise<number> {
    const child = this.#child;
    child?.kill("SIGTERM");
    this.#child = undefined;
    return (await child?.exited) ?? 0;
  }

  [Symbol.dispose](): void {
    const workers = this.#child === undefined ? [] : this.workers();
    this.#child?.kill("SIGKILL");
    // One that is stopped would wait for ever.
    for (const pid of workers) tryKill(pid);
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(dirname(this.socket), { recursive: true, force: true });
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** The client as it was built, but that it looks for its server elsewhere. */
function withSocket(client: string, socket: string): Uint8Array {
  const bytes = readFileSync(client);
  const at = bytes.indexOf(`${SERVER_SOCKET}\0`);
  if (at === -1 || socket.length > SERVER_SOCKET.length) {
    throw new Error(`Cannot put "${socket}" into ${client}`);
  }
  bytes.fill(0, at, at + SERVER_SOCKET.length);
  bytes.write(socket, at);
  return bytes;
}
