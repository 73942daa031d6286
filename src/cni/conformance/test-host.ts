import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInterfaceAddress } from "../../ip/mod.ts";
import type { Conn } from "../../netlink/mod.ts";
import { withNetns } from "../../netns/mod.ts";
import { addAddress, addRoute, createLink, findLink, getLink, setLink } from "../../rtnl/mod.ts";
import type { JsonObject } from "../json.ts";
import { CniServer, LabNamespaces, type LabNetns } from "../testing/mod.ts";

/** One call of a plugin's executable, as a container runtime makes it. */
export interface PluginCall {
  readonly type: string;
  /** CNI_ and other variables; CNI_PATH is the directory under test unless it is given. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | JsonObject;
  /** The directory whose executable is called; default that of the host. */
  readonly directory?: string;
  /** Words before the executable: a tracer that lets calls fail. */
  readonly wrapper?: readonly string[];
}

/** What it answered. */
export interface PluginAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; undefined where it is none. */
  readonly json: JsonObject | undefined;
}

/** The link by which the test host would reach others, with the default route. */
export const UPLINK = "up0";

/** How often, and with which pause, a link that is being taken away is looked for: 30 seconds. */
const GONE_TRIES = 3000;
const GONE_PAUSE_MS = 10;

/**
 * A network namespace that plays the host, with an uplink, for executables of one directory; pods
 * are further namespaces. Nothing outside of it is touched, all of it goes with it.
 */
export class TestHost implements Disposable {
  /** The directory of executables under test, by way of a CNI server where it has a client. */
  readonly directory: string;
  readonly #servers = new Map<string, CniServer>();
  readonly #serverOptions: { readonly workers?: number };
  /** For files of the plugins: address files, backups. */
  readonly dataDir: string;
  readonly #namespaces = new LabNamespaces();
  readonly #host: LabNetns;
  #podCount = 0;

  constructor(directory: string, serverOptions: { readonly workers?: number } = {}) {
    this.#serverOptions = serverOptions;
    this.dataDir = mkdtempSync(join(tmpdir(), "nodewright-cni-"));
    this.#host = this.#namespaces.create("host");
    this.#addUplink();
    this.directory = this.#served(directory);
  }

  /** The server of this host for an installation, and its directory of plugins. */
  server(installed: string): CniServer {
    const known = this.#servers.get(installed);
    if (known !== undefined) return known;
    const server = new CniServer({ netns: this.#host.netns, installed, ...this.#serverOptions });
    this.#servers.set(installed, server);
    return server;
  }

  #served(directory: string): string {
    const isOwn = [...this.#servers.values()].some((server) => server.directory === directory);
    return isOwn || !CniServer.isFor(directory) ? directory : this.server(directory).directory;
  }

  /** Into the host. */
  get conn(): Conn {
    return this.#host.conn;
  }

  #addUplink(): void {
    setLink(this.conn, "lo", { up: true });
    createLink(this.conn, { kind: "veth", name: UPLINK, up: true, peer: { name: "up1" } });
    setLink(this.conn, "up1", { up: true });
    const { index } = getLink(this.conn, UPLINK);
    const address = parseInterfaceAddress("192.0.2.1/24");
    if (!address.ok) throw new TypeError(address.error);
    addAddress(this.conn, { linkIndex: index, ...address.value });
    addRoute(this.conn, {
      destination: { family: 4, network: 0n, prefixLength: 0 },
      gateway: { family: 4, value: address.value.address.value + 253n },
      linkIndex: index,
    });
  }

  /** Waits for a link that the kernel is taking away: it ends a namespace after its last user. */
  waitUntilGone(name: string): void {
    for (let tries = 0; findLink(this.conn, name) !== undefined; tries++) {
      if (tries === GONE_TRIES) throw new Error(`The link "${name}" does not go away`);
      Bun.sleepSync(GONE_PAUSE_MS);
    }
  }

  /** Runs `body` in the host's namespace; it must not await. */
  inside<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    return withNetns(this.#host.netns, body);
  }

  /** A new pod's namespace; its path. */
  addPod(): string {
    return this.#namespaces.create(`pod${this.#podCount++}`).path;
  }

  /** Takes a pod's namespace away, with what is in it. */
  removePod(path: string): void {
    this.#namespaces.delete(path);
  }

  /** The connection into a pod. */
  connOf(path: string): Conn {
    return this.#namespaces.at(path).conn;
  }

  /** True where the directory under test has a plugin. */
  has(type: string): boolean {
    return existsSync(join(this.directory, type));
  }

  /** Runs a plugin in the host's namespace. */
  async call({ type, env, stdin, ...options }: PluginCall): Promise<PluginAnswer> {
    const directory = this.#served(options.directory ?? this.directory);
    const { wrapper = [] } = options;
    const child = this.inside(() =>
      Bun.spawn([...wrapper, join(directory, type)], {
        env: { PATH: PLUGIN_PATH, CNI_PATH: directory, ...env },
        stdin: Buffer.from(typeof stdin === "string" ? stdin : JSON.stringify(stdin)),
        stdout: "pipe",
        stderr: "pipe",
        timeout: CALL_TIMEOUT_MS,
      }),
    );
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr, json: parseObject(stdout) };
  }

  [Symbol.dispose](): void {
    for (const server of this.#servers.values()) server[Symbol.dispose]();
    this.#namespaces[Symbol.dispose]();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Where plugins find iptables and the like. */
const PLUGIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const CALL_TIMEOUT_MS = 60_000;

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // cast: an object of a JSON document has nothing but JSON in it
    return typeof value === "object" && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
