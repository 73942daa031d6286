import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInterfaceAddress } from "../../ip/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import { createNamedNetns, deleteNetns, Netns, netnsPath, withNetns } from "../../netns/mod.ts";
import { addAddress, addRoute, createLink, getLink, setLink } from "../../rtnl/mod.ts";
import type { JsonObject } from "../conf/json.ts";

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

/**
 * A network namespace that plays the host, with an uplink, for executables of one directory; pods
 * are further namespaces. Nothing outside of it is touched, all of it goes with it.
 */
export class TestHost implements Disposable {
  /** The directory of executables under test. */
  readonly directory: string;
  /** For files of the plugins: address files, backups. */
  readonly dataDir: string;
  readonly conn: Conn;
  readonly #name: string;
  readonly #netns: Netns;
  readonly #pods = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
    this.dataDir = mkdtempSync(join(tmpdir(), "nodewright-cni-"));
    this.#name = `nwc-${crypto.getRandomValues(new Uint8Array(4)).toHex()}`;
    this.#netns = createNamedNetns(this.#name);
    this.conn = withNetns(this.#netns, () => Conn.open());
    this.#addUplink();
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

  /** Runs `body` in the host's namespace; it must not await. */
  inside<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    return withNetns(this.#netns, body);
  }

  /** A new pod's namespace; its path. */
  addPod(): string {
    const name = `${this.#name}-${this.#pods.size}${crypto.getRandomValues(new Uint8Array(2)).toHex()}`;
    createNamedNetns(name)[Symbol.dispose]();
    this.#pods.add(name);
    return netnsPath(name);
  }

  /** Takes a pod's namespace away, with what is in it. */
  removePod(path: string): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    deleteNetns(name);
    this.#pods.delete(name);
  }

  /** A connection into a pod. */
  openPod(path: string): Conn {
    using netns = Netns.open(path);
    return withNetns(netns, () => Conn.open());
  }

  /** True where the directory under test has a plugin. */
  has(type: string): boolean {
    return existsSync(join(this.directory, type));
  }

  /** Runs a plugin in the host's namespace. */
  async call({ type, env, stdin, ...options }: PluginCall): Promise<PluginAnswer> {
    const { directory = this.directory, wrapper = [] } = options;
    const child = Bun.spawn(
      ["nsenter", `--net=${netnsPath(this.#name)}`, ...wrapper, join(directory, type)],
      {
        env: { PATH: PLUGIN_PATH, CNI_PATH: directory, ...env },
        stdin: Buffer.from(typeof stdin === "string" ? stdin : JSON.stringify(stdin)),
        stdout: "pipe",
        stderr: "pipe",
        timeout: CALL_TIMEOUT_MS,
      },
    );
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr, json: parseObject(stdout) };
  }

  [Symbol.dispose](): void {
    this.conn[Symbol.dispose]();
    this.#netns[Symbol.dispose]();
    for (const name of this.#pods) deleteNetns(name);
    deleteNetns(this.#name);
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
