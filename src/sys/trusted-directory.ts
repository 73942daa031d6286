import { constants, fstatSync, readlinkSync, type Stats } from "node:fs";
import { NodewrightError } from "../base/mod.ts";
import { ERRNO, MODE, O } from "./constants.ts";
import { Fd } from "./fd.ts";
import { cString, moreOfLibc, syscall } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** As many as the kernel follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/** Directories that distributions make for a group of their own: Debian's staff, Ubuntu's syslog. */
const SHARED_BY_GROUP: readonly { readonly path: RegExp; readonly maxGid: number }[] = [
  { path: /^\/usr\/local(?:\/|$)/, maxGid: 50 },
  { path: /^\/var\/(?:local|log)$/, maxGid: 999 },
];

interface Place {
  readonly fd: Fd;
  /** As a node calls it: from the root of the walk, without symbolic links. */
  readonly path: string;
}

/**
 * A directory that no one but root (or the caller) can exchange, kept open: what happens at
 * `at(name)` happens in this directory, whatever becomes of its path. Every step of the walk is an
 * openat(2) with O_NOFOLLOW below the one before. A symbolic link is followed where root has made
 * it and no one else can replace it (`/bin -> usr/bin`), never out of `root`.
 */
export class TrustedDirectory implements Disposable {
  readonly #fd: Fd;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /**
   * Opens `path` (absolute, below `root`). Rejects with kind `untrusted-directory` where another user owns a
   * directory on the way or can write to it, with SyscallError where there is none.
   */
  static open(root: string, path: string): TrustedDirectory {
    return new TrustedDirectory(new Walk(root, path).run());
  }

  /** A path that leads to this name in this directory, for as long as it is open. */
  at(name: string): string {
    if (name === "" || name === "." || name === ".." || name.includes("/")) {
      throw new TypeError(`Not a file name: "${name}"`);
    }
    return `${this.path}/${name}`;
  }

  /** The directory itself, for as long as it is open. */
  get path(): string {
    return `/proc/self/fd/${this.#fd.number}`;
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

class Walk {
  readonly #wanted: string;
  readonly #places: Place[];
  readonly #rest: string[];
  #links = 0;

  constructor(root: string, path: string) {
    this.#wanted = path;
    this.#places = [{ fd: Fd.open(root, PATH_ONLY | constants.O_DIRECTORY), path: "" }];
    this.#rest = namesOf(path);
  }

  /** The last directory, which the caller closes; those on the way are closed. */
  run(): Fd {
    try {
      for (;;) {
        const name = this.#rest.pop();
        if (name === undefined) break;
        if (name === "..") this.#up();
        else this.#enter(name);
      }
      this.#refuseShared();
      return new Fd(this.#here.fd.release());
    } finally {
      // release() has left nothing to close in the one that was given away
      for (const { fd } of this.#places) fd.close();
    }
  }

  get #here(): Place {
    const here = this.#places.at(-1);
    if (here === undefined) throw new TypeError("A walk always has its root");
    return here;
  }

  #up(): void {
    if (this.#places.length > 1) this.#places.pop()?.fd.close();
  }

  #enter(name: string): void {
    const path = `${this.#here.path}/${name}`;
    const parent = this.#here.fd.number;
    const action = `Cannot open the directory "${this.#wanted}"`;
    const fd = new Fd(
      syscall("openat", action, () => moreOfLibc().openat(parent, cString(name), PATH_ONLY, 0)),
    );
    const stat = fstatSync(fd.number);
    const why = strangerIn(stat, path);
    if (why !== undefined || !stat.isDirectory()) fd.close();
    if (why !== undefined) throw this.#untrusted(path, why);
    if (stat.isDirectory()) this.#places.push({ fd, path });
    else if (stat.isSymbolicLink()) this.#follow(`/proc/self/fd/${parent}/${name}`);
    else throw new SyscallError("openat", ERRNO.ENOTDIR, action);
  }

  /** Only trusted users can write to the directory of the link, so it is still the one that was looked at. */
  #follow(link: string): void {
    if (++this.#links > MAX_LINKS) {
      throw new SyscallError("openat", ERRNO.ELOOP, `Cannot open "${this.#wanted}"`);
    }
    const target = readlinkSync(link);
    if (target.startsWith("/")) while (this.#places.length > 1) this.#up();
    this.#rest.push(...namesOf(target));
  }

  /** On the way the sticky bit is enough: nobody else can replace what root has made there. At its end it is not. */
  #refuseShared(): void {
    const { fd, path } = this.#here;
    if (path === "" || (fstatSync(fd.number).mode & MODE.OTHERS_WRITE) === 0) return;
    throw this.#untrusted(path, "everyone can write to it");
  }

  #untrusted(path: string, why: string): NodewrightError {
    return new NodewrightError(
      "untrusted-directory",
      `Cannot change files in "${this.#wanted}" as root: "${path}": ${why}`,
      {
        fix: `Choose a directory that only root can change, or run: chown root:root '${path}' && chmod go-w '${path}'`,
      },
    );
  }
}

const PATH_ONLY = O.PATH | constants.O_NOFOLLOW | O.CLOEXEC;

/** Last name first. */
function namesOf(path: string): string[] {
  return path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .reverse();
}

/** Who else could put something else in the place of what is in here; undefined where nobody can. */
function strangerIn(stat: Stats, path: string): string | undefined {
  const own = process.geteuid?.() ?? 0;
  if (stat.uid !== 0 && stat.uid !== own) return `user ${stat.uid} owns it`;
  // A link has no permissions of its own.
  if (stat.isSymbolicLink()) return undefined;
  const isSticky = (stat.mode & MODE.STICKY) !== 0;
  if ((stat.mode & MODE.OTHERS_WRITE) !== 0 && !isSticky) return "everyone can write to it";
  if ((stat.mode & MODE.GROUP_WRITE) === 0 || stat.gid === 0 || isSticky) return undefined;
  const isUsual = SHARED_BY_GROUP.some((dir) => dir.path.test(path) && stat.gid <= dir.maxGid);
  return isUsual ? undefined : `group ${stat.gid} can write to it`;
}
