import { join } from "node:path";
import { createLink, getLink, setLink } from "../../../../../rtnl/mod.ts";
import { parseResult } from "../../../../result/decode-result.ts";
import type { CniResult } from "../../../../result/types.ts";
import type { CniCommand } from "../../../../skel/plugin.ts";
import { type LabNetns, PluginLab } from "../../../../testing/mod.ts";
import { KernelServer } from "./kernel-server.ts";

const BRIDGE = "br0";

/** One call of the plugin; what is left out is as usual. */
export interface DhcpCall {
  readonly pod?: LabNetns;
  /** CNI_NETNS where it is not the pod's path. */
  readonly netns?: string;
  readonly containerId?: string;
  readonly args?: string;
  readonly ipam?: object;
  /** More of the configuration. */
  readonly conf?: object;
  /** Kills the plugin when it is aborted. */
  readonly signal?: AbortSignal;
}

/** How a call ended. */
export interface DhcpOutcome {
  readonly exitCode: number;
  readonly result: CniResult | undefined;
  readonly error: { readonly code: number; readonly msg: string } | undefined;
  readonly stderr: string;
}

/** A daemon at work. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  /** What it has said so far. */
  readonly lines: readonly string[];
  /** Waits until it has said something. */
  said(text: string): Promise<void>;
  /** Ends it and waits until it is gone; gives its exit code. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number>;
}

/** A bridge with a DHCP server on it, pods whose eth0 are ports of it, daemons and calls of the plugin. */
export class DhcpLab implements AsyncDisposable {
  readonly lab: PluginLab;
  readonly server: KernelServer;
  readonly #daemons: Daemon[] = [];
  #ports = 0;

  private constructor(lab: PluginLab, server: KernelServer) {
    this.lab = lab;
    this.server = server;
  }

  static async create(): Promise<DhcpLab> {
    const lab = new PluginLab();
    // A bridge without an address of its own takes one of its ports', as they come.
    const address = "02:00:00:00:00:01";
    createLink(lab.host.conn, { kind: "bridge", name: BRIDGE, address, up: true });
    return new DhcpLab(lab, await KernelServer.start(lab.host, BRIDGE));
  }

  get socketPath(): string {
    return join(this.lab.directory, "dhcp.sock");
  }

  /** A pod with an eth0 that is down, as an interface plugin has it when it calls for addresses. */
  pod(label: string): LabNetns {
    const pod = this.lab.netns(label);
    const { conn } = this.lab.host;
    const masterIndex = getLink(conn, BRIDGE).index;
    const name = `port${this.#ports++}`;
    createLink(conn, { kind: "veth", name, masterIndex, peer: { name: "eth0", netns: pod.netns } });
    setLink(conn, name, { up: true });
    return pod;
  }

  /** Starts a daemon; it need not serve yet when this returns. */
  daemon(flags: readonly string[] = []): Daemon {
    return this.spawn([...this.lab.program("dhcp"), "daemon", ...this.#flags(flags)]);
  }

  /** Starts a daemon that serves when this resolves. */
  async serving(flags: readonly string[] = []): Promise<Daemon> {
    const daemon = this.daemon(flags);
    await daemon.said("serves ");
    return daemon;
  }

  #flags(flags: readonly string[]): readonly string[] {
    return ["-socketpath", this.socketPath, ...flags];
  }

  /** Starts a program as a daemon. `passed` is a descriptor that it gets as number 3. */
  spawn(argv: readonly string[], passed?: number): Daemon {
    const child = Bun.spawn([...argv], {
      stdio: ["ignore", "ignore", "pipe", ...(passed === undefined ? [] : [passed])],
    });
    const lines: string[] = [];
    const watchers = new Set<() => void>();
    const wake = (): void => {
      for (const watcher of watchers) watcher();
    };
    void readLines(child.stderr, (line) => {
      lines.push(line);
      wake();
    }).finally(wake);
    const daemon: Daemon = {
      pid: child.pid,
      lines,
      async said(text) {
        while (!lines.some((line) => line.includes(text))) {
          if (child.exitCode !== null) throw new Error(`The daemon ended:\n${lines.join("\n")}`);
          await new Promise<void>((resolve) => watchers.add(resolve));
        }
      },
      async end(signal) {
        child.kill(signal);
        return await child.exited;
      },
      async [Symbol.asyncDispose]() {
        await daemon.end("SIGKILL");
      },
    };
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Calls the plugin as a process of its own, without blocking this one. */
  async call(command: CniCommand, call: DhcpCall = {}): Promise<DhcpOutcome> {
    const conf = {
      cniVersion: "1.1.0",
      name: "net1",
      type: "macvlan",
      ipam: { type: "dhcp", daemonSocketPath: this.socketPath, ...call.ipam },
      ...call.conf,
    };
    const isAttached = ["ADD", "DEL", "CHECK"].includes(command);
    const child = Bun.spawn([...this.lab.program("dhcp")], {
      env: {
        PATH: process.env["PATH"] ?? "",
        CNI_COMMAND: command,
        CNI_PATH: this.lab.path,
        CNI_ARGS: call.args ?? "",
        ...(isAttached ? { CNI_CONTAINERID: call.containerId ?? "c1", CNI_IFNAME: "eth0" } : {}),
        ...(isAttached ? { CNI_NETNS: call.netns ?? call.pod?.path ?? "" } : {}),
      },
      ...(call.signal === undefined ? {} : { signal: call.signal, killSignal: "SIGKILL" as const }),
      stdin: Buffer.from(JSON.stringify(conf)),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const isResult = exitCode === 0 && command === "ADD";
    return {
      exitCode,
      stderr,
      result: isResult ? parseResult(stdout) : undefined,
      error: exitCode === 0 || stdout === "" ? undefined : JSON.parse(stdout),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons) await daemon[Symbol.asyncDispose]();
    this.server[Symbol.dispose]();
    this.lab[Symbol.dispose]();
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
}
