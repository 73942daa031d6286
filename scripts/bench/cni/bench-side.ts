import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CniServer } from "../../../src/cni/testing/mod.ts";
import { Conn } from "../../../src/netlink/mod.ts";
import {
  createNamedNetns,
  deleteNetns,
  type Netns,
  netnsPath,
  withNetns,
} from "../../../src/netns/mod.ts";
import { setLink } from "../../../src/rtnl/mod.ts";

/** One call of a plugin. */
export interface BenchCall {
  readonly command: "ADD" | "DEL" | "VERSION";
  readonly conf: object;
  /** The path of the pod's namespace. */
  readonly pod?: string;
  readonly containerId?: string;
  /** Another directory of plugins than the side's. */
  readonly plugins?: string;
}

/** What one call took: from before its start to its end, and of all processors. */
export interface Took {
  readonly ms: number;
  /** What remains comparable on a machine that has other work. */
  readonly cpuMs: number;
}

let made = 0;

/**
 * One set of plugins on a host of its own: a network namespace and a directory for address files.
 * The two sides never see each other's bridge or rules.
 */
export class BenchSide implements Disposable {
  readonly name: string;
  /** The directory of the plugins. */
  readonly plugins: string;
  /** Where plugins have a client, the server that they lead to. */
  readonly server: CniServer | undefined;
  /** For `ipam.dataDir`. */
  readonly dataDir: string;
  readonly host: Netns;
  readonly #hostName: string;
  #pods: string[] = [];

  constructor(name: string, plugins: string, parent: string) {
    this.name = name;
    this.#hostName = `${name}-${made++}`;
    this.dataDir = join(parent, `data-${this.#hostName}`);
    mkdirSync(this.dataDir);
    this.host = createNamedNetns(this.#hostName);
    withNetns(this.host, () => {
      using conn = Conn.open();
      setLink(conn, "lo", { up: true });
    });
    this.server = CniServer.isFor(plugins)
      ? new CniServer({ netns: this.host, installed: plugins })
      : undefined;
    this.plugins = this.server?.directory ?? plugins;
  }

  /** Processor time of the server so far, in milliseconds: what clients do not count. */
  serverCpuMs(): number {
    return this.server === undefined ? 0 : cpuMsOfTree(this.server.pid);
  }

  [Symbol.dispose](): void {
    this.deletePods();
    this.server?.[Symbol.dispose]();
  }

  /** A new pod's namespace; its path. */
  addPod(): string {
    const name = `${this.#hostName}-pod-${made++}`;
    createNamedNetns(name)[Symbol.dispose]();
    this.#pods.push(name);
    return netnsPath(name);
  }

  /** Calls a plugin and waits; gives what it took and what it printed. */
  run(plugin: string, call: BenchCall): Took & { readonly stdout: string } {
    const options = { env: this.#env(call), stdin: Buffer.from(JSON.stringify(call.conf)) };
    return withNetns(this.host, () => {
      const serverCpuMs = this.serverCpuMs();
      const started = performance.now();
      const child = Bun.spawnSync([join(call.plugins ?? this.plugins, plugin)], options);
      const ms = performance.now() - started;
      const stdout = child.stdout.toString();
      if (child.exitCode !== 0) throw new Error(this.#failure(plugin, call, stdout));
      const cpuMs = cpuMsOf(child.resourceUsage) + this.serverCpuMs() - serverCpuMs;
      return { ms, cpuMs, stdout };
    });
  }

  /** Starts a plugin without waiting for it. */
  start(plugin: string, call: BenchCall): Bun.Subprocess<Blob, "ignore", "inherit"> {
    return withNetns(this.host, () =>
      Bun.spawn([join(this.plugins, plugin)], {
        env: this.#env(call),
        stdin: new Blob([JSON.stringify(call.conf)]),
        stdout: "ignore",
        stderr: "inherit",
      }),
    );
  }

  /** As `run`, while others run; gives the processor's milliseconds. */
  async callAsync(plugin: string, call: BenchCall): Promise<number> {
    const child = this.start(plugin, call);
    const exitCode = await child.exited;
    if (exitCode !== 0) throw new Error(this.#failure(plugin, call, `${exitCode}`));
    return cpuMsOf(child.resourceUsage());
  }

  #env({ command, pod, containerId }: BenchCall): Record<string, string> {
    return {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      CNI_COMMAND: command,
      CNI_PATH: this.plugins,
      CNI_IFNAME: "eth0",
      ...(pod === undefined ? {} : { CNI_NETNS: pod }),
      ...(containerId === undefined ? {} : { CNI_CONTAINERID: containerId }),
    };
  }

  #failure(plugin: string, { command }: BenchCall, said: string): string {
    return `${this.name}: ${plugin} ${command}: ${said}`;
  }

  /** Takes the pods' namespaces away: outside of what is measured, for the kernel is slow at it. */
  deletePods(): void {
    for (const name of this.#pods) deleteNetns(name);
    this.#pods = [];
  }
}

function treeOf(pid: number): readonly string[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  return [String(pid), ...children];
}

/** Memory of a side's server and its workers, shared pages divided by those who have them. */
export function serverMemoryMb({ server }: BenchSide): number {
  if (server === undefined) return 0;
  return treeOf(server.pid).reduce((sum, pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return sum + (Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) * 1024) / 1e6;
  }, 0);
}

/** Of a process and its children, all their threads. */
function cpuMsOfTree(pid: number): number {
  return treeOf(pid).reduce((sum, one) => sum + cpuMsOfProcess(one), 0);
}

function cpuMsOfProcess(pid: string): number {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"))
      .reduce((sum, line) => sum + Number(line.split(" ")[0]) / 1e6, 0);
  } catch {
    // It has ended.
    return 0;
  }
}

function cpuMsOf(usage: Bun.ResourceUsage | undefined): number {
  return Number(usage?.cpuTime.total ?? Number.NaN) / 1000;
}
