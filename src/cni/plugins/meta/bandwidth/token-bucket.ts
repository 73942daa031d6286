import type { TokenBucket } from "../../../../rtnl/mod.ts";
import type { Limit } from "./bandwidth-conf.ts";

/** A tick of the kernel's packet scheduler is 64 ns: 15.625 a microsecond. */
const TICKS_PER_US = 15.625;
const US_PER_S = 1_000_000;
const TICKS_PER_S = US_PER_S * TICKS_PER_US;
const U32_SIZE = 2 ** 32;
const U32_MAX = U32_SIZE - 1;

/**
 * The token bucket of a limit, to the byte and tick as the reference computes it: its CHECK compares
 * them. Where a burst lasts longer than 32 bits of ticks hold (275 s) its numbers wrap around; what
 * is left of one is taken while it lasts a second at least, and the largest otherwise.
 */
export function tokenBucketOf(limit: Limit, latencyMs: number): TokenBucket {
  const { rateBytes, burstBytes, ticks, limitBytes } = compute(limit, latencyMs);
  const isTooShort = ticks < TICKS_PER_S && burstBytes > rateBytes;
  return {
    rateBytes,
    bufferTicks: isTooShort ? U32_MAX : ticks,
    // A wrapped number of bytes that may wait would drop every packet.
    limitBytes: Math.min(limitBytes, U32_MAX),
  };
}

/**
 * True where a bucket is one that an ADD made of a limit: ours, or the reference's with its wrapped
 * numbers (x86-64) or the largest in their place (arm64).
 */
export function isBucketOf(found: TokenBucket, limit: Limit, latencyMs: number): boolean {
  const { rateBytes, ticks, limitBytes } = compute(limit, latencyMs);
  return (
    found.rateBytes === rateBytes &&
    [Math.min(limitBytes, U32_MAX), limitBytes % U32_SIZE].includes(found.limitBytes) &&
    [tokenBucketOf(limit, latencyMs).bufferTicks, ticks, U32_MAX].includes(found.bufferTicks)
  );
}

/** How many bytes pass at once: a packet that is larger never does. */
export function burstOf({ rateBytes, bufferTicks }: TokenBucket): number {
  return Math.floor((bufferTicks * rateBytes) / TICKS_PER_S);
}

/** The reference's formulas, all in bytes; only its ticks are cut to 32 bits here. */
function compute({ rate, burst }: Limit, latencyMs: number) {
  const rateBytes = Math.floor(rate / 8);
  const burstBytes = Math.floor(burst / 8);
  // How long the burst lasts, in microseconds first; each step is cut.
  const us = Math.trunc((burstBytes * US_PER_S) / rateBytes) % U32_SIZE;
  const ticks = Math.trunc(us * TICKS_PER_US) % U32_SIZE;
  const limitBytes = Math.trunc((rateBytes * latencyMs) / 1000) + burstBytes;
  return { rateBytes, burstBytes, ticks, limitBytes };
}
