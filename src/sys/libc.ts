import { dlopen, FFIType, read } from "bun:ffi";

const { i32, u32, u64, i64_fast, ptr } = FFIType;

const open = () =>
  dlopen("libc.so.6", {
    __errno_location: { args: [], returns: ptr },
    bind: { args: [i32, ptr, u32], returns: i32 },
    connect: { args: [i32, ptr, u32], returns: i32 },
    flock: { args: [i32, i32], returns: i32 },
    getpid: { args: [], returns: i32 },
    kill: { args: [i32, i32], returns: i32 },
    mount: { args: [ptr, ptr, ptr, u64, ptr], returns: i32 },
    prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
    recv: { args: [i32, ptr, u64, i32], returns: i64_fast },
    send: { args: [i32, ptr, u64, i32], returns: i64_fast },
    setns: { args: [i32, i32], returns: i32 },
    setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
    socket: { args: [i32, i32, i32], returns: i32 },
    syncfs: { args: [i32], returns: i32 },
    umount2: { args: [ptr, i32], returns: i32 },
    unshare: { args: [i32], returns: i32 },
  } as const).symbols;

// The one piece of module state: the library, opened by the first call and never closed. A
// program that makes no system call of its own never pays the 0.3 ms.
let symbols: ReturnType<typeof open> | undefined;

/** The C library's functions that node:fs does not offer. */
export function libc(): ReturnType<typeof open> {
  symbols ??= open();
  return symbols;
}

/**
 * The errno of the call just made. It must be read before anything else runs: the engine's own
 * system calls share the thread's errno.
 */
export function lastErrno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : read.i32(location, 0);
}

/** A string as the C library wants it: UTF-8 with a closing NUL. Refuses an embedded NUL. */
export function cString(text: string): Uint8Array {
  if (text.includes("\0")) throw new TypeError("A path must not contain a NUL byte");
  return new TextEncoder().encode(`${text}\0`);
}
