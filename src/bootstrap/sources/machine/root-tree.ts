import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { NodeFile, NodeTree } from "../../../check/mod.ts";
import { MAX_CONFIG_BYTES } from "../../../config/mod.ts";

/** ELOOP of the kernel. */
const MAX_LINKS = 40;

/**
 * The files below a root directory as the machine that has it for its `/` sees them: links are
 * followed inside of it and never lead out. Read when asked for; nothing is executed or written.
 */
export class RootTree implements NodeTree {
  readonly isComplete = true;
  readonly #root: string;
  readonly #files = new Map<string, NodeFile | undefined>();

  constructor(root: string) {
    this.#root = root;
  }

  get(path: string): NodeFile | undefined {
    if (!this.#files.has(path)) this.#files.set(path, this.#read(path));
    return this.#files.get(path);
  }

  list(dir: string): readonly string[] | undefined {
    const real = this.#resolve(dir);
    if (typeof real !== "string") return undefined;
    try {
      return readdirSync(join(this.#root, real)).sort();
    } catch {
      return undefined;
    }
  }

  /** Where a path of the tree is for node:fs; undefined where nothing is there. */
  locate(path: string): string | undefined {
    const real = this.#resolve(path);
    return typeof real === "string" ? join(this.#root, real) : undefined;
  }

  /** What a symbolic link of the tree points to, as it is written; undefined where it is none. */
  target(path: string): string | undefined {
    const slash = path.lastIndexOf("/");
    const dir = this.#resolve(path.slice(0, slash));
    if (typeof dir !== "string") return undefined;
    try {
      return readlinkSync(join(this.#root, dir, path.slice(slash + 1)));
    } catch {
      return undefined;
    }
  }

  #read(path: string): NodeFile | undefined {
    const real = this.#resolve(path);
    const base = { path, shown: path };
    if (real === undefined) return undefined;
    if (typeof real !== "string") return { ...base, unreadable: real.why };
    if (real === NULL_DEVICE) return { ...base, text: "", sizeBytes: 0 };
    try {
      const full = join(this.#root, real);
      const stats = statSync(full);
      if (stats.isDirectory()) return undefined;
      return { ...base, ...describe(stats), ...(stats.isFile() ? readText(full) : NOT_REGULAR) };
    } catch (thrown) {
      return { ...base, unreadable: codeOf(thrown) };
    }
  }

  /** The path with every link in it followed; undefined where it leads nowhere. */
  #resolve(path: string): string | { readonly why: string } | undefined {
    let rest = path.split("/").filter((part) => part !== "");
    let real = "";
    for (let links = 0; rest.length > 0; ) {
      const [part = "", ...after] = rest;
      rest = after;
      if (part === ".") continue;
      if (part === "..") {
        real = real.slice(0, Math.max(0, real.lastIndexOf("/")));
        continue;
      }
      const next = `${real}/${part}`;
      let stats: Stats;
      try {
        stats = lstatSync(join(this.#root, next));
      } catch (thrown) {
        const code = codeOf(thrown);
        return code === "ENOENT" || code === "ENOTDIR" ? undefined : { why: code };
      }
      if (!stats.isSymbolicLink()) {
        real = next;
        continue;
      }
      if (++links > MAX_LINKS) return { why: "a loop of links" };
      const target = readlinkSync(join(this.#root, next));
      // An image has no devices, and yet a link to this one masks a unit or a drop-in.
      if (target === NULL_DEVICE && rest.length === 0) return NULL_DEVICE;
      if (target.startsWith("/")) real = "";
      rest = [...target.split("/").filter((word) => word !== ""), ...rest];
    }
    return real === "" ? "/" : real;
  }
}

const NULL_DEVICE = "/dev/null";
const NOT_REGULAR = { unreadable: "no regular file" };

function describe({ mode, uid, gid, size, mtimeMs }: Stats) {
  return { mode: mode & 0o7777, uid, gid, sizeBytes: size, modifiedMs: mtimeMs };
}

/** Texts are small; executables and images are not read at all. */
function readText(full: string): { readonly text: string } | { readonly unreadable: string } {
  // A path may have become a pipe since it was looked at: opening that must not wait.
  const fd = openSync(full, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const { size } = fstatSync(fd);
    if (size > MAX_CONFIG_BYTES) return { unreadable: `larger than ${MAX_CONFIG_BYTES} bytes` };
    // What lies in /proc has no size before it is read.
    const bytes = new Uint8Array(size === 0 ? MAX_CONFIG_BYTES : size);
    let length = 0;
    for (;;) {
      const count = readSync(fd, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
      if (length === bytes.length) break;
    }
    return { text: new TextDecoder().decode(bytes.subarray(0, length)) };
  } finally {
    closeSync(fd);
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}
