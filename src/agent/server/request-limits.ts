import type { Socket } from "node:net";

/** How much of one kind of work may be under way at once. */
export interface Share {
  readonly each: number;
  readonly all: number;
}

/** What costs the node work while it is answered: reads of every cgroup, of logs, of the runtime. */
const HEAVY: Share = { each: 8, all: 32 };
/** Streams and logs that are followed hold a connection each; the API server is one caller. */
const LIGHT: Share = { each: 1000, all: 2000 };
const HEAVY_PATHS = /^\/(?:stats|metrics|logs|checkpoint|run|runningpods)(?:\/|$)/;

/** Counts what is under way, so that one caller cannot take all of the node. */
export class RequestLimits {
  readonly #kinds = { heavy: new Usage(HEAVY), light: new Usage(LIGHT) };

  /** Takes a place for a request; undefined where the caller, or everybody together, has too many. */
  enter(caller: string, path: string): (() => void) | undefined {
    const usage = HEAVY_PATHS.test(path) ? this.#kinds.heavy : this.#kinds.light;
    return usage.enter(caller);
  }
}

class Usage {
  readonly #share: Share;
  readonly #callers = new Map<string, number>();
  #all = 0;

  constructor(share: Share) {
    this.#share = share;
  }

  enter(caller: string): (() => void) | undefined {
    const own = this.#callers.get(caller) ?? 0;
    if (own >= this.#share.each || this.#all >= this.#share.all) return undefined;
    this.#callers.set(caller, own + 1);
    this.#all += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#all -= 1;
      const left = (this.#callers.get(caller) ?? 1) - 1;
      if (left === 0) this.#callers.delete(caller);
      else this.#callers.set(caller, left);
    };
  }
}

/** A connection that nothing is asked over is closed; the kubelet waits as long. */
const IDLE_MS = 90_000;
/** For the first request to be complete. */
const FIRST_MS = 30_000;

/** Closes connections that hold a place and ask for nothing. */
export class IdleConnections {
  readonly #timers = new WeakMap<object, ReturnType<typeof setTimeout>>();

  opened(socket: Socket): void {
    this.#wait(socket, FIRST_MS);
    socket.once("close", () => clearTimeout(this.#timers.get(socket)));
  }

  /** A request has come, which takes as long as it takes. */
  busy(socket: Socket): void {
    clearTimeout(this.#timers.get(socket));
  }

  /** It has been answered. */
  idle(socket: Socket): void {
    if (!socket.destroyed) this.#wait(socket, IDLE_MS);
  }

  #wait(socket: Socket, ms: number): void {
    clearTimeout(this.#timers.get(socket));
    const timer = setTimeout(() => socket.destroy(), ms);
    timer.unref();
    this.#timers.set(socket, timer);
  }
}
