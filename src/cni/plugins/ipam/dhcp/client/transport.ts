import type { Clock } from "../../../../../base/mod.ts";
import type { DhcpMessage } from "../wire/message.ts";
import type { DhcpServer } from "./lease.ts";

/** A message that came for this link. */
export interface DhcpReply {
  readonly message: DhcpMessage;
  /** Of the frame: the server's, or that of the router between. */
  readonly sourceMac: Uint8Array;
}

/** One link of a pod, as DHCP sees it. What comes is kept until somebody asks for it. */
export interface Transport extends Disposable {
  /** The link's: six bytes. */
  readonly mac: Uint8Array;
  /** Frames to the MAC do not arrive before the link has an address: servers must broadcast. */
  readonly needsBroadcast: boolean;
  /** Sends to everybody on the link, from no address. */
  broadcast(message: DhcpMessage): void;
  /** Sends to a server alone, from the address that it has given. */
  unicast(message: DhcpMessage, server: DhcpServer): void;
  /**
   * The next message; undefined when none has come for `timeoutMs`. Rejects with the signal's
   * reason, and where the link is gone.
   */
  receive(timeoutMs: number, signal: AbortSignal): Promise<DhcpReply | undefined>;
}

/** More than this is a flood, of which the first ones do. */
const MAX_WAITING = 64;

/** Messages that have come, for one reader. */
export class Inbox {
  readonly #clock: Clock;
  readonly #waiting: DhcpReply[] = [];
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(reply: DhcpReply): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(reply);
    this.#wake();
  }

  /** Nothing comes any more; the reader gets what is there, then this error. */
  fail(reason: unknown): void {
    this.#failure ??= reason;
    this.#wake();
  }

  /** As Transport.receive. */
  async receive(timeoutMs: number, signal: AbortSignal): Promise<DhcpReply | undefined> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#failure === undefined) {
      await this.#wait(timeoutMs, signal);
    }
    const reply = this.#waiting.shift();
    if (reply === undefined && this.#failure !== undefined) throw this.#failure;
    return reply;
  }

  async #wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await this.#clock.sleep(timeoutMs, AbortSignal.any([signal, woken.signal]));
    } catch (thrown) {
      signal.throwIfAborted();
      if (!woken.signal.aborted) throw thrown;
    } finally {
      this.#wake = () => {};
    }
  }
}
