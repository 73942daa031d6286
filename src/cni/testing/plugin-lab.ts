import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { withNetns } from "../../netns/mod.ts";
import { setLink } from "../../rtnl/mod.ts";
import type { CniErrorObject } from "../errors.ts";
import { PLUGIN_NAMES } from "../plugins/plugin-names.ts";
import { parseResult } from "../result/decode-result.ts";
import type { CniResult } from "../result/types.ts";
import type { CniCommand } from "../skel/plugin.ts";
import { LabNamespaces, type LabNetns } from "./lab-namespaces.ts";

/** One call of a plugin. What is left out of the environment is not set in it. */
export interface PluginCall {
  readonly command: CniCommand;
  /** The whole standard input: `name` and `cniVersion` too. Text goes through as it is. */
  readonly conf: object | string;
  readonly pod?: LabNetns;
  /** CNI_NETNS where it is not the pod's path. */
  readonly netns?: string;
  /** Default `c1`. */
  readonly containerId?: string;
  /** Default `eth0`. */
  readonly ifName?: string;
  /** CNI_ARGS. */
  readonly args?: string;
  /** Directories of CNI_PATH; default the lab's own. */
  readonly path?: readonly string[];
  /** An executable instead of the one of the lab: another implementation of the plugin. */
  readonly executable?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a call printed and how it ended. */
export interface PluginOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What an ADD printed, decoded; undefined where there is none. */
  readonly result: CniResult | undefined;
  /** What a failed call printed; undefined where it printed no error object. */
  readonly error: CniErrorObject | undefined;
}

const SCRIPT = resolve(import.meta.dir, "../../../cmd/nodewright.ts");
/** How long a plugin may take before it is killed. */
const TIMEOUT_MS = 30_000;
/** How long the answer to an echo request may take. */
const ANSWER_TIMEOUT_S = 10;

/**
 * A place to run plugins as a runtime does: a network namespace that stands for the host's, others
 * for pods, a directory of plugins, each call a process of its own with its environment and
 * standard input. Takes everything away at its end.
 */
export class PluginLab implements Disposable {
  /** For state of plugins and whatever else a test needs. */
  readonly directory: string;
  /** The directory of plugins: CNI_PATH. */
  readonly path: string;
  readonly host: LabNetns;
  readonly #namespaces = new LabNamespaces();
  readonly #executable: string | undefined;

  /**
   * `executable`: a built nodewright; without, plugins run from source, which takes 50 ms more a
   * call. From source, IPAM works only in the plugin's process: other programs cannot call it.
   */
  constructor(options: { readonly executable?: string } = {}) {
    this.#executable =
      options.executable ?? (process.env["NODEWRIGHT_TEST_EXECUTABLE"] || undefined);
    this.directory = mkdtempSync(join(tmpdir(), "nodewright-cni-"));
    this.path = join(this.directory, "bin");
    mkdirSync(this.path);
    for (const name of PLUGIN_NAMES) {
      symlinkSync(this.#executable ?? process.execPath, join(this.path, name));
    }
    this.host = this.netns("host");
  }

  /** The words that start a plugin for a program that is not `call`: from source, the script too. */
  program(plugin: string): readonly string[] {
    const own = join(this.path, plugin);
    return this.#executable === undefined ? [own, SCRIPT] : [own];
  }

  /** A new namespace with `lo` up: a pod, or another machine. */
  netns(label: string): LabNetns {
    const made = this.#namespaces.create(label);
    setLink(made.conn, "lo", { up: true });
    return made;
  }

  /** Takes a namespace away before the lab ends: what a runtime does with a pod's. */
  deleteNetns({ path }: LabNetns): void {
    this.#namespaces.delete(path);
  }

  /** Runs a plugin in the host's namespace. */
  call(plugin: string, call: PluginCall): PluginOutcome {
    const own = join(this.path, plugin);
    const program = call.executable ?? (this.#executable === undefined ? process.execPath : own);
    const argv = program === process.execPath ? [program, SCRIPT] : [program];
    const text = typeof call.conf === "string" ? call.conf : JSON.stringify(call.conf);
    const child = withNetns(this.host.netns, () =>
      Bun.spawnSync(argv, {
        argv0: call.executable === undefined ? plugin : program,
        env: { PATH: process.env["PATH"] ?? "", ...this.#variables(call), ...call.env },
        stdin: Buffer.from(text),
        timeout: TIMEOUT_MS,
      }),
    );
    const stdout = child.stdout.toString();
    return {
      exitCode: child.exitCode,
      stdout,
      stderr: child.stderr.toString(),
      result:
        child.exitCode === 0 && call.command === "ADD" ? parseResult(stdout, "1.1.0") : undefined,
      error: child.exitCode === 0 ? undefined : parseError(stdout),
    };
  }

  /** As `call`, for calls that must work: throws what the plugin said where it failed. */
  mustCall(plugin: string, call: PluginCall): PluginOutcome {
    const outcome = this.call(plugin, call);
    if (outcome.exitCode === 0) return outcome;
    throw new Error(`${plugin} ${call.command}: ${outcome.stdout}${outcome.stderr}`);
  }

  /** Runs a program in a namespace, the second opinion; throws where it fails. */
  run(where: LabNetns, argv: readonly string[]): string {
    const { exitCode, stdout, stderr } = this.tryRun(where, argv);
    if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a program in a namespace. */
  tryRun(
    where: LabNetns,
    argv: readonly string[],
  ): { readonly exitCode: number; readonly stdout: string; readonly stderr: string } {
    const child = withNetns(where.netns, () =>
      Bun.spawnSync([...argv], { stdin: "ignore", timeout: TIMEOUT_MS }),
    );
    return {
      exitCode: child.exitCode,
      stdout: child.stdout.toString(),
      stderr: child.stderr.toString(),
    };
  }

  /** True where one echo request from a namespace is answered: at once, but for a loaded machine. */
  canPing(from: LabNetns, address: string): boolean {
    return this.#ping(from, address, ANSWER_TIMEOUT_S);
  }

  /** True where no answer to an echo request comes within a second: the opposite of `canPing`. */
  isSilent(from: LabNetns, address: string): boolean {
    return !this.#ping(from, address, 1);
  }

  #ping(from: LabNetns, address: string, timeoutS: number): boolean {
    const argv = ["busybox", "ping", "-c", "1", "-W", String(timeoutS), address];
    return this.tryRun(from, argv).exitCode === 0;
  }

  #variables(call: PluginCall): Record<string, string> {
    const netns = call.netns ?? call.pod?.path;
    const isAttached = ["ADD", "DEL", "CHECK"].includes(call.command);
    return {
      CNI_COMMAND: call.command,
      CNI_PATH: (call.path ?? [this.path]).join(":"),
      ...(isAttached
        ? { CNI_CONTAINERID: call.containerId ?? "c1", CNI_IFNAME: call.ifName ?? "eth0" }
        : {}),
      ...(netns === undefined ? {} : { CNI_NETNS: netns }),
      ...(call.args === undefined ? {} : { CNI_ARGS: call.args }),
    };
  }

  [Symbol.dispose](): void {
    this.#namespaces[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function parseError(stdout: string): CniErrorObject | undefined {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}
