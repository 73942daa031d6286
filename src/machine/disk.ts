import type { BigIntStats } from "node:fs";
import {
  chmod,
  chown,
  constants,
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  statfs,
  symlink,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { NodewrightError } from "../base/mod.ts";
import {
  atomicWriteFile,
  fsyncDirectory,
  removeTemporaryFiles,
  SyscallError,
  TrustedDirectory,
} from "../sys/mod.ts";
import { absentAs, codeOf, noSpace } from "./disk-errors.ts";

/** What is about to happen, or has happened, to a path; a test throws from here to be a crash or a full disk. */
export type DiskHook = (moment: "before" | "after", operation: string, path: string) => void;

/** Who may use a file. */
export interface Ownership {
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The node's file system below a root directory (`/` on a node, a temporary one in a test). All
 * paths given are absolute paths of the node. Files change as a whole: written beside their
 * place, fsynced, renamed; a rename is durable after the next `flush`. Every change is made in a
 * TrustedDirectory. Rejects with SyscallError, or with kind `no-space` or `untrusted-directory`.
 */
export class Disk {
  readonly #root: string;
  readonly #hook: DiskHook;
  readonly #unsynced = new Set<string>();

  constructor(root: string, hook: DiskHook = () => {}) {
    this.#root = root;
    this.#hook = hook;
  }

  /** The path as the running system calls it. */
  at(path: string): string {
    return this.#root === "/" ? path : join(this.#root, path);
  }

  /** undefined where there is nothing. Symbolic links are not followed in the last part. */
  async lstat(path: string): Promise<BigIntStats | undefined> {
    return absentAs(
      undefined,
      () => lstat(this.at(path), { bigint: true }),
      `Cannot look at "${path}"`,
    );
  }

  /** undefined where there is no such file. */
  async readText(path: string): Promise<string | undefined> {
    return absentAs(undefined, () => readFile(this.at(path), "utf8"), `Cannot read "${path}"`);
  }

  /** Names in a directory; empty where there is none. */
  async list(path: string): Promise<readonly string[]> {
    return absentAs([], () => readdir(this.at(path)), `Cannot list "${path}"`);
  }

  /** Puts a small file in place, durable when it resolves. The directory must exist. */
  async write(path: string, content: string | Uint8Array, owner: Ownership): Promise<void> {
    await this.#change("write", path, (at) => atomicWriteFile(at, content, owner));
  }

  /** Puts a copy of `source` in place (sharing its blocks where the file system can). */
  async copy(source: string, path: string, owner: Ownership): Promise<void> {
    await this.#place("copy", path, async (temporary) => {
      const flags = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
      await this.#within(source, (from) => copyFile(from, temporary, flags));
      const file = await open(temporary, "r");
      try {
        await file.chown(owner.uid ?? 0, owner.gid ?? 0);
        // after the owner, whose change takes the setuid bits away
        await file.chmod(owner.mode);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  /** Puts a hard link to `source` in place; false where the two are on different file systems. */
  async link(source: string, path: string): Promise<boolean> {
    try {
      await this.#place("link", path, (temporary) =>
        this.#within(source, (from) => link(from, temporary)),
      );
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SyscallError)) throw thrown;
      if (["EXDEV", "EPERM", "EMLINK", "EOPNOTSUPP"].includes(thrown.code)) return false;
      throw thrown;
    }
  }

  /** Where a symbolic link leads, as it is written; undefined for anything else. */
  async readLink(path: string): Promise<string | undefined> {
    const stat = await this.lstat(path);
    return stat?.isSymbolicLink() === true ? readlink(this.at(path)) : undefined;
  }

  /** Puts a symbolic link in place. */
  async symlink(target: string, path: string): Promise<void> {
    await this.#place("symlink", path, (temporary) => symlink(target, temporary));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#change("rename", to, async (at) => {
      await this.#within(from, (source) => rename(source, at));
      this.#unsynced.add(dirname(to)).add(dirname(from));
    });
  }

  async setMode(path: string, mode: number): Promise<void> {
    await this.#change("chmod", path, (at) => chmod(at, mode));
  }

  async setOwner(path: string, uid: number, gid: number): Promise<void> {
    await this.#change("chown", path, (at) => chown(at, uid, gid));
  }

  /** Makes a directory and those above it; returns the ones that were missing, the uppermost first. */
  async makeDirectory(path: string, mode = 0o755): Promise<readonly string[]> {
    const missing: string[] = [];
    for (let at = path; at !== "/"; at = dirname(at)) {
      // Through symbolic links: on most systems /bin is one.
      const there = await absentAs(
        false,
        () => readdir(this.at(at)).then(() => true),
        `Cannot look at "${at}"`,
      );
      if (there) break;
      missing.unshift(at);
    }
    for (const directory of missing) {
      await this.#change("mkdir", directory, async (at) => {
        await mkdir(at, { recursive: true, mode });
        await chmod(at, mode);
        this.#unsynced.add(dirname(directory));
      });
    }
    return missing;
  }

  /** Removes a file; false where there was none. */
  async remove(path: string): Promise<boolean> {
    let removed = false;
    const forget = (): Promise<void> =>
      this.#change("remove", path, async (at) => {
        await unlink(at);
        removed = true;
        this.#unsynced.add(dirname(path));
      });
    await absentAs(undefined, forget, "");
    return removed;
  }

  /** Removes a directory if it is there and empty; says whether it is gone. */
  async removeEmpty(path: string): Promise<boolean> {
    let gone = true;
    try {
      await this.#change("rmdir", path, async (at) => {
        await rmdir(at);
        this.#unsynced.add(dirname(path));
      });
    } catch (thrown) {
      const code = codeOf(thrown);
      gone = code === "ENOENT";
      if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR", "EBUSY"].includes(code)) throw thrown;
    }
    return gone;
  }

  /** Removes a directory with everything in it. */
  async removeTree(path: string): Promise<void> {
    const remove = (): Promise<void> =>
      this.#change("rmtree", path, (at) => rm(at, { recursive: true, force: true }));
    await absentAs(undefined, remove, "");
  }

  /** Removes everything in a directory, which stays; `lost+found` is the file system's own. */
  async emptyTree(path: string): Promise<void> {
    await this.#change("empty", path, async () => {
      using directory = TrustedDirectory.open(this.#root, path);
      for (const name of await readdir(directory.path)) {
        if (name === "lost+found") continue;
        await rm(directory.at(name), { recursive: true, force: true });
      }
    });
  }

  /** Rejects with kind `untrusted-directory` where a file here could land elsewhere; what is missing yet is fine. */
  async requireTrusted(path: string): Promise<void> {
    await absentAs(undefined, () => this.#within(path, async () => {}), "");
  }

  /** Removes what interrupted writes left in a directory. */
  removeTemporaries(directory: string): readonly string[] {
    try {
      using trusted = TrustedDirectory.open(this.#root, directory);
      return removeTemporaryFiles(trusted.path);
    } catch (thrown) {
      if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return [];
      throw thrown;
    }
  }

  /** Free bytes and inodes for root on the file system of a path (or of the nearest directory above it that exists). */
  async free(path: string): Promise<{ bytes: number; inodes: number }> {
    for (let at = path; ; at = dirname(at)) {
      const found = await absentAs(undefined, () => statfs(this.at(at)), `Cannot look at "${at}"`);
      if (found !== undefined) {
        // btrfs and the like make inodes as they need them and say 0 of 0
        const inodes = found.files === 0 ? Number.MAX_SAFE_INTEGER : found.ffree;
        return { bytes: found.bavail * found.bsize, inodes };
      }
      if (at === "/") throw new NodewrightError("internal", `Cannot look at "${path}"`);
    }
  }

  /** Makes all renames and removals so far survive a power loss. */
  flush(): void {
    for (const directory of this.#unsynced) {
      try {
        fsyncDirectory(this.at(directory));
      } catch (thrown) {
        if (codeOf(thrown) !== "ENOENT") throw thrown; // removed since
      }
    }
    this.#unsynced.clear();
  }

  async #place(
    operation: string,
    path: string,
    make: (temporary: string) => Promise<void>,
  ): Promise<void> {
    const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
    await this.#change(operation, path, async (at) => {
      // The form that isTemporaryName of sys/ knows.
      const temporary = join(dirname(at), `.${basename(path)}.nodewright-${random}`);
      try {
        await make(temporary);
        this.#hook("before", "rename", path);
        await rename(temporary, at);
      } catch (thrown) {
        await rm(temporary, { force: true });
        throw thrown;
      }
      this.#unsynced.add(dirname(path));
    });
  }

  /** `at` leads to the path's last name in its directory, as that was when it was found trusted. */
  async #within<T>(path: string, work: (at: string) => Promise<T>): Promise<T> {
    using directory = TrustedDirectory.open(this.#root, dirname(path));
    return await work(directory.at(basename(path)));
  }

  async #change(
    operation: string,
    path: string,
    work: (at: string) => Promise<unknown>,
  ): Promise<void> {
    try {
      this.#hook("before", operation, path);
      await this.#within(path, work);
      this.#hook("after", operation, path);
    } catch (thrown) {
      throw await this.#explain(thrown, operation, path);
    }
  }

  async #explain(thrown: unknown, operation: string, path: string): Promise<NodewrightError> {
    const error = SyscallError.wrap(thrown, `Cannot ${operation} "${path}"`);
    if (!["ENOSPC", "EDQUOT"].includes(codeOf(error))) return error;
    const free = await this.free(dirname(path));
    return noSpace(path, undefined, free.bytes, error);
  }
}
