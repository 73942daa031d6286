import type { Clock } from "../../../../../base/mod.ts";
import { BOOTP_OP } from "../wire/constants.ts";
import type { DhcpMessage } from "../wire/message.ts";
import type { DhcpReply, Transport } from "./transport.ts";

/** What waits and chance come from. */
export interface ExchangeContext {
  readonly transport: Transport;
  readonly clock: Clock;
  /** As Math.random. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** A message to send until it is answered. */
export interface Question<T> {
  readonly message: DhcpMessage;
  /** Sends it once. */
  readonly send: (message: DhcpMessage) => void;
  /** How long to wait for an answer, repetitions included. */
  readonly timeoutMs: number;
  /** The answer in a reply; undefined for a reply that is none, after telling `ignore` why. */
  readonly accept: (reply: DhcpReply) => T | undefined;
}

/** A frame is lost mostly while a bridge learns a new port: the first repetition comes soon. */
const FIRST_REPETITION_MS = 1000;
/** RFC 2131, 4.1: spread, so that pods that were started together do not repeat together. */
const SPREAD = 0.2;

/**
 * Sends a message, repeats it after 1, 2, 4 ... seconds, and gives the first reply that is
 * accepted; undefined where none came in time. Replies to other clients or other exchanges are
 * passed over. Rejects with the signal's reason, and where the link is gone.
 */
export async function ask<T>(
  { transport, clock, random, signal }: ExchangeContext,
  question: Question<T>,
): Promise<T | undefined> {
  const startedMs = clock.now();
  const deadlineMs = startedMs + question.timeoutMs;
  for (let pauseMs = FIRST_REPETITION_MS; clock.now() < deadlineMs; pauseMs *= 2) {
    const secs = Math.floor((clock.now() - startedMs) / 1000);
    question.send({ ...question.message, secs });
    const spreadMs = pauseMs * SPREAD * (2 * random() - 1);
    const untilMs = Math.min(clock.now() + pauseMs + spreadMs, deadlineMs);
    for (let leftMs = untilMs - clock.now(); leftMs > 0; leftMs = untilMs - clock.now()) {
      const reply = await transport.receive(leftMs, signal);
      if (reply === undefined) break;
      if (!isFor(reply.message, question.message)) continue;
      const answer = question.accept(reply);
      if (answer !== undefined) return answer;
    }
  }
  return undefined;
}

function isFor(reply: DhcpMessage, asked: DhcpMessage): boolean {
  return (
    reply.op === BOOTP_OP.REPLY &&
    reply.xid === asked.xid &&
    Buffer.compare(reply.chaddr, asked.chaddr) === 0
  );
}
