import { messageOf } from "../../base/mod.ts";
/** A request that failed in a way that may pass: it is tried again. */
export class TransientError extends Error {
  /** From Retry-After, where the server says when. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "TransientError";
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whatever a connection fails with, as an error that is tried again. */
export function toTransient(thrown: unknown): TransientError {
  if (thrown instanceof TransientError) return thrown;
  const message = messageOf(thrown);
  // Bun adds advice for programmers behind the first sentence.
  const [first = message] = message.split(/\. |\n/);
  return new TransientError(first, { cause: thrown });
}
