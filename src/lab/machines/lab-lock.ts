import type { Clock } from "../../base/mod.ts";

/** A lock that is held until it is disposed or the process ends. */
export interface HeldLock extends Disposable {
  readonly name: string;
}

/** Between two attempts. */
const RETRY_MS = 100;

/**
 * Holds a host-wide lock of this name. It is an abstract unix socket (unix(7)): the kernel takes
 * it away with its process, and it leaves no file, which a lab that must leave nothing behind
 * could neither keep nor safely remove. `onWait` is called once where somebody else has it.
 */
export async function holdLock(
  name: string,
  options: { clock: Clock; signal?: AbortSignal | undefined; onWait: () => void },
): Promise<HeldLock> {
  for (let waited = false; ; waited = true) {
    options.signal?.throwIfAborted();
    const lock = tryLock(name);
    if (lock !== undefined) return lock;
    if (!waited) options.onWait();
    await options.clock.sleep(RETRY_MS, options.signal);
  }
}

function tryLock(name: string): HeldLock | undefined {
  try {
    const listener = Bun.listen({
      unix: `\0nodewright/lab/${name}`,
      socket: { open: (socket) => void socket.end(), data: () => {} },
    });
    // A lock alone keeps no process alive.
    listener.unref();
    return { name, [Symbol.dispose]: () => listener.stop(true) };
  } catch (thrown) {
    // cast: an error of the runtime; only its code is looked at
    if ((thrown as { code?: unknown }).code === "EADDRINUSE") return undefined;
    throw thrown;
  }
}
