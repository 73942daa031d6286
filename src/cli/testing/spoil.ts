import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./fake-process.ts";

/** Does something to a file, whose bytes are given. */
export type Spoil = (path: string, bytes: Buffer) => void;

/** What can befall a file; each makes it one that cannot be used. */
export const MISTAKES: Readonly<Record<string, Spoil>> = {
  "a directory in its place": (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  "a dangling link": (path) => {
    rmSync(path);
    symlinkSync("no-such-file", path);
  },
  "0 bytes": (path) => writeFileSync(path, ""),
  "a NUL byte": (path, bytes) =>
    writeFileSync(path, Buffer.concat([bytes.subarray(0, 5), Buffer.alloc(1), bytes.subarray(5)])),
  "UTF-16": (path, bytes) =>
    writeFileSync(
      path,
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString(), "utf16le")]),
    ),
  "Latin-1": (path, bytes) =>
    writeFileSync(path, Buffer.concat([Buffer.from("# ä\n", "latin1"), bytes])),
};

/** The same content as another system writes it: forgiven, or an error, but never more than one. */
export const FORMS: Readonly<Record<string, Spoil>> = {
  "a byte order mark": (path, bytes) =>
    writeFileSync(path, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])),
  "Windows line ends": (path, bytes) =>
    writeFileSync(path, bytes.toString().replaceAll("\n", "\r\n")),
};

/** A file and how another version of its format begins. */
export const VERSIONS = [
  ["nodewright.lock", "lockVersion: 1", "lockVersion: 9"],
  ["configs/containerd-config.toml", "version = ", "version = 9 # "],
  ["configs/kubelet-config.yaml", "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v9"],
  [
    "configs/kube-proxy-config.yaml",
    "kubeproxy.config.k8s.io/v1alpha1",
    "kubeproxy.config.k8s.io/v9",
  ],
  ["node-0.kubeconfig", "apiVersion: v1", "apiVersion: v9"],
  ["kube-proxy.kubeconfig", "apiVersion: v1", "apiVersion: v9"],
] as const;

/** Files that `render` reads. */
export const RENDERED = [
  "machines.txt",
  "nodewright.yaml",
  "ca.crt",
  "node-0.crt",
  "node-0.key",
  "node-0.kubeconfig",
  "kube-proxy.kubeconfig",
  "configs/10-bridge.conflist",
  "configs/containerd-config.toml",
  "configs/kubelet-config.yaml",
  "configs/kube-proxy-config.yaml",
  "units/containerd.service",
  "units/kubelet.service",
  "units/kube-proxy.service",
] as const;
/** Files that only a change of nodes needs. */
export const SUPPORT = ["nodewright.lock", "admin.kubeconfig"] as const;

/** Nobody has these addresses (RFC 5737). */
const MACHINES =
  "192.0.2.10 server.k.local server\n192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n";

/** A sound cluster directory, and copies of it with one file spoilt. */
export class SpoiltClusters implements Disposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<SpoiltClusters> {
    const root = mkdtempSync(join(tmpdir(), "nodewright-bad-files-"));
    const succeed = async (...argv: string[]): Promise<void> => {
      const said = await runCommandLine(argv, { cwd: root });
      if (said.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${said.stderr}`);
    };
    await succeed("init", "sound");
    writeFileSync(join(root, "sound/machines.txt"), MACHINES);
    await succeed("pki", "sound");
    writeFileSync(join(root, "sound/nodewright.lock"), "lockVersion: 1\narches: {}\n");
    return new SpoiltClusters(root);
  }

  /** Copies the sound directory and does something to one of its files. */
  spoilt(file: string, spoil: Spoil): string {
    const dir = join(this.root, "spoilt");
    rmSync(dir, { recursive: true, force: true });
    cpSync(join(this.root, "sound"), dir, { recursive: true, verbatimSymlinks: true });
    spoil(join(dir, file), readFileSync(join(dir, file)));
    return dir;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
