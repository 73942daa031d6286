import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Clock, NodewrightError } from "../../base/mod.ts";
import { Disk } from "../../machine/mod.ts";
import type { DesiredFile, DesiredNode } from "../../plan/mod.ts";
import type { CriPod, CriStatus, Machine } from "../machine.ts";
import type { NodeContext } from "../node-context.ts";
import { Store } from "../store/store.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { FakeSystemd } from "./fake-systemd.ts";

/** The end of the process, at some point between two effects; nothing works after it. */
export class Crash extends NodewrightError {
  constructor() {
    super("crash", "The process has ended");
  }
}

/**
 * A machine in a temporary directory: real files, a fake systemd and kernel. `crashAt(n)` makes
 * the n-th effect from now (files, systemd and kernel counted together) the last one.
 */
export class FakeNode implements Disposable {
  readonly root: string;
  readonly disk: Disk;
  readonly systemd: FakeSystemd;
  readonly kernel: FakeKernel;
  readonly machine: Machine;
  pods: CriPod[] = [];
  readonly images = new Set<string>();
  criStatus: CriStatus = { runtimeReady: true, networkReady: true, message: "" };
  httpAnswer = 200;
  #effects = 0;
  #crashAt = Number.POSITIVE_INFINITY;
  /** Thrown from the disk before each matching change, e.g. an ENOSPC. */
  diskFault: (operation: string, path: string) => Error | undefined = () => undefined;

  constructor() {
    // In memory where there is such a file system: hundreds of interrupted applies fsync a lot.
    const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    this.root = mkdtempSync(join(parent, "nodewright-node-"));
    const effect = (): void => {
      if (++this.#effects > this.#crashAt) throw new Crash();
    };
    this.disk = new Disk(this.root, (moment, operation, path) => {
      const fault = moment === "before" ? this.diskFault(operation, path) : undefined;
      if (fault !== undefined) throw fault;
      effect();
    });
    this.systemd = new FakeSystemd(this.disk, effect);
    this.kernel = new FakeKernel(effect);
    this.machine = {
      disk: this.disk,
      systemd: this.systemd,
      kernel: this.kernel,
      exec: async () => ({ exitCode: 0, stdout: "fake version 1.2.3", stderr: "" }),
      cri: {
        status: async () => this.criStatus,
        pods: async () => this.pods,
        images: async (_endpoint, references) =>
          references.filter((reference) => this.images.has(reference)),
        importImage: async (_endpoint, { reference }) => {
          effect();
          this.images.add(reference);
        },
        removePod: async (_endpoint, id) => {
          effect();
          this.pods = this.pods.filter((pod) => pod.id !== id);
        },
      },
      httpStatus: async () => this.httpAnswer,
      clock: jumpingClock(),
      toolVersion: "0.0.0-test",
      executable: `/var/lib/nodewright/bin/${"e".repeat(64)}`,
    };
    mkdirSync(join(this.root, "usr/bin"), { recursive: true });
    symlinkSync("usr/bin", join(this.root, "bin"));
    mkdirSync(join(this.root, "etc"));
    mkdirSync(join(this.root, "var/lib"), { recursive: true });
  }

  /** A new process on the same machine. */
  async boot(): Promise<NodeContext> {
    this.#crashAt = Number.POSITIVE_INFINITY;
    return { machine: this.machine, store: await Store.open(this.disk) };
  }

  crashAt(effects: number): void {
    this.#effects = 0;
    this.#crashAt = effects;
  }

  get effects(): number {
    return this.#effects;
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(this.disk.at(path)), { recursive: true });
    writeFileSync(this.disk.at(path), content, { mode });
  }

  read(path: string): string | undefined {
    try {
      return readFileSync(this.disk.at(path), "utf8");
    } catch {
      return undefined;
    }
  }

  /** Every path with its mode and content, but for nodewright's memory. */
  tree(options: { readonly memory?: boolean } = {}): Record<string, string> {
    const found: Record<string, string> = {};
    const walk = (path: string): void => {
      for (const name of readdirSync(join(this.root, path)).sort()) {
        const at = `${path}/${name}`;
        if (at === "/var/lib/nodewright" && options.memory !== true) continue;
        const stat = lstatSync(join(this.root, at));
        const mode = (stat.mode & 0o7777).toString(8);
        if (stat.isSymbolicLink()) found[at] = `link ${readlinkSync(join(this.root, at))}`;
        else if (stat.isDirectory()) {
          found[at] = `directory ${mode}`;
          walk(at);
        } else found[at] = `${mode} ${readFileSync(join(this.root, at), "utf8").slice(0, 100)}`;
      }
    };
    walk("");
    return found;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Time passes only by sleeping. */
function jumpingClock(): Clock {
  let nowMs = 1_800_000_000_000;
  return {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
}

/** A desired file and its content. */
export interface FakeContent extends DesiredFile {
  readonly content: string;
}

/** Content as a desired file. */
export function fileOf(path: string, content: string, mode = 0o644): FakeContent {
  return {
    path,
    content,
    mode,
    digest: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
    sizeBytes: Buffer.byteLength(content),
    sensitive: false,
    text: true,
    origin: "test",
  };
}

/** A desired node with these files. */
export function desiredOf(
  files: readonly FakeContent[],
  rest: Partial<Omit<DesiredNode, "files">> = {},
): DesiredNode {
  return {
    node: "node-0",
    fqdn: "node-0.kubernetes.local",
    address: "10.0.0.1",
    podSubnets: ["10.200.0.0/24"],
    files: files.map(({ content: _content, ...file }) => file),
    units: [],
    modules: [],
    sysctls: {},
    swap: "keep",
    routes: [],
    images: [],
    criEndpoint: "unix:///run/containerd/containerd.sock",
    traces: { bridges: [], networks: [], stateDirs: [] },
    ...rest,
  };
}

/** Sends the contents, as a jumpbox would. */
export async function sendBlobs(node: NodeContext, files: readonly FakeContent[]): Promise<void> {
  for (const { content, digest, sizeBytes } of files) {
    if (await node.store.blobs.has(digest)) continue;
    const receiver = await node.store.blobs.receive({
      digest,
      sizeBytes,
      encoding: "identity",
      offset: 0,
      chunks: 1,
    });
    await receiver.write(Buffer.from(content));
    await receiver.finish();
  }
}
