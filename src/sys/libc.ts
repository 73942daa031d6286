import type * as ffi from "bun:ffi";
import { ERRNO } from "./constants.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * What the module bun:ffi is made of: loading that module, for what a program makes of C's
 * strings and callbacks, takes as long as opening the library does.
 */
// cast: Bun's own types leave it out; the test in sys.test.ts sees that it is the same
const native = (Bun as unknown as { readonly FFI: typeof ffi }).FFI;

const utf8 = new TextEncoder();
const [i32, u32, u64, ptr] = ["i32", "u32", "u64", "ptr"] as const;
const i64_fast: ffi.FFIType.i64_fast = 15;

const open = () =>
  dlopen({
    __errno_location: { args: [], returns: ptr },
    close: { args: [i32], returns: i32 },
    connect: { args: [i32, ptr, u32], returns: i32 },
    flock: { args: [i32, i32], returns: i32 },
    getdents64: { args: [i32, ptr, u64], returns: i64_fast },
    link: { args: [ptr, ptr], returns: i32 },
    mkdir: { args: [ptr, u32], returns: i32 },
    open: { args: [ptr, i32, u32], returns: i32 },
    read: { args: [i32, ptr, u64], returns: i64_fast },
    recv: { args: [i32, ptr, u64, i32], returns: i64_fast },
    rename: { args: [ptr, ptr], returns: i32 },
    rmdir: { args: [ptr], returns: i32 },
    send: { args: [i32, ptr, u64, i32], returns: i64_fast },
    setns: { args: [i32, i32], returns: i32 },
    setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
    socket: { args: [i32, i32, i32], returns: i32 },
    statx: { args: [i32, ptr, i32, u32, ptr], returns: i32 },
    unlink: { args: [ptr], returns: i32 },
    write: { args: [i32, ptr, u64], returns: i64_fast },
  } as const);

const openMore = () =>
  dlopen({
    bind: { args: [i32, ptr, u32], returns: i32 },
    clock_gettime: { args: [i32, ptr], returns: i32 },
    fchmod: { args: [i32, u32], returns: i32 },
    fchown: { args: [i32, u32, u32], returns: i32 },
    fsync: { args: [i32], returns: i32 },
    ftruncate: { args: [i32, u64], returns: i32 },
    getpid: { args: [], returns: i32 },
    ioctl: { args: [i32, u64, u64], returns: i32 },
    kill: { args: [i32, i32], returns: i32 },
    openat: { args: [i32, ptr, i32, u32], returns: i32 },
    mount: { args: [ptr, ptr, ptr, u64, ptr], returns: i32 },
    poll: { args: [ptr, u64, i32], returns: i32 },
    prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
    syncfs: { args: [i32], returns: i32 },
    umount2: { args: [ptr, i32], returns: i32 },
    unshare: { args: [i32], returns: i32 },
  } as const);

/** Those of a server of calls. */
const openServer = () =>
  dlopen({
    accept4: { args: [i32, ptr, ptr, i32], returns: i32 },
    bind: { args: [i32, ptr, u32], returns: i32 },
    epoll_create1: { args: [i32], returns: i32 },
    epoll_ctl: { args: [i32, i32, i32, ptr], returns: i32 },
    epoll_wait: { args: [i32, ptr, i32, i32], returns: i32 },
    fcntl: { args: [i32, i32, u64], returns: i32 },
    getsockopt: { args: [i32, i32, i32, ptr, ptr], returns: i32 },
    listen: { args: [i32, i32], returns: i32 },
    poll: { args: [ptr, u64, i32], returns: i32 },
    recvmsg: { args: [i32, ptr, i32], returns: i64_fast },
  } as const);

function dlopen<Symbols extends Record<string, ffi.FFIFunction>>(symbols: Symbols) {
  const library = native.dlopen("libc.so.6", symbols);
  // Unlike the module's, this one gives its error.
  if (library instanceof Error) throw library;
  return library.symbols;
}

// The one piece of module state: the library, opened by the first call and never closed. A
// program that makes no system call of its own never pays the 0.1 ms; a symbol more costs 5 µs.
let symbols: ReturnType<typeof open> | undefined;
let more: ReturnType<typeof openMore> | undefined;
let server: ReturnType<typeof openServer> | undefined;

/**
 * The C library's functions: what node:fs does not offer, and of what it does offer as much as a
 * CNI plugin needs, because loading node:fs takes longer than all of a plugin's own work.
 */
export function libc(): ReturnType<typeof open> {
  symbols ??= open();
  return symbols;
}

/** Those that plugins call seldom or never. */
export function moreOfLibc(): ReturnType<typeof openMore> {
  more ??= openMore();
  return more;
}

/** Those that no plugin calls. */
export function serverOfLibc(): ReturnType<typeof openServer> {
  server ??= openServer();
  return server;
}

/** The address of a buffer's bytes, for structures that hold one; it must live as long as the call. */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(native.ptr(bytes));
}

/**
 * The errno of the call just made. It must be read before anything else runs: the engine's own
 * system calls share the thread's errno.
 */
export function lastErrno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : native.read.i32(location, 0);
}

/** How often a call is repeated that a signal interrupts: more only a storm of signals can need. */
const MAX_INTERRUPTS = 100;

/**
 * Makes a system call that gives -1 where it fails, again where a signal interrupts it; `action`
 * begins the message of the SyscallError: `Cannot open "/run/netns/x"`.
 */
export function syscall(name: string, action: string, call: () => number | bigint): number {
  for (let interrupts = 0; ; interrupts++) {
    const result = Number(call());
    if (result >= 0) return result;
    const errno = lastErrno();
    if (errno === ERRNO.EINTR && interrupts < MAX_INTERRUPTS) continue;
    throw new SyscallError(name, errno, action);
  }
}

/** A string as the C library wants it: UTF-8 with a closing NUL. Refuses an embedded NUL. */
export function cString(text: string): Uint8Array {
  if (text.includes("\0")) throw new TypeError("A path must not contain a NUL byte");
  return utf8.encode(`${text}\0`);
}
