import { ERRNO, NetlinkSocket, SyscallError } from "../sys/mod.ts";
import { HEADER_BYTES, NETLINK, NLM_F, NLMSG, NLMSGERR_ATTR } from "./constants.ts";
import type { Encoder } from "./encoder.ts";
import { decodeMessages, type Message } from "./message.ts";
import { type KernelReason, NetlinkError } from "./netlink-error.ts";

/** What a connection talks through: a socket, or a fake peer of netlink/testing. */
export interface Transport extends Disposable {
  send(datagram: Uint8Array): void;
  /** The next datagram; its bytes are valid until the next call. */
  receive(): Uint8Array;
}

/** A change that the kernel is asked for. */
export interface ChangeRequest {
  /** Completes "Cannot ...". */
  readonly op: string;
  readonly request: Encoder;
  /** Refusals (errno) that are as good as success. */
  readonly allowed?: readonly number[];
}

/** A dump that the kernel's tables change under is repeated this often before it is an error. */
const MAX_DUMPS = 8;

/**
 * A conversation with one netlink family of the kernel: one request at a time, answered before
 * the call returns. It stays in the network namespace in which it was opened. Not for multicast
 * groups.
 */
export class Conn implements Disposable {
  readonly #transport: Transport;
  #seq = 0;
  #port = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Opens a socket of a NETLINK family (default: rtnetlink) in the present network namespace. */
  static open(family: number = NETLINK.ROUTE): Conn {
    return new Conn(new NetlinkSocket(family));
  }

  /** The socket's own number, by which reports of changes name who made them; 0 before an answer. */
  get port(): number {
    return this.#port;
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  /** Asks for a change and waits for the kernel's word. `op` completes "Cannot ...". */
  request(op: string, request: Encoder): void {
    this.#exchange(op, request, NLM_F.REQUEST | NLM_F.ACK, () => {});
  }

  /**
   * Asks for several changes in one datagram. The kernel carries them out in order, those after a
   * refused one too, and nothing comes between, not even a kill of this program: it is in one
   * system call meanwhile. After all answers the first refusal is thrown that is not allowed.
   */
  requestAll(changes: readonly ChangeRequest[]): void {
    const datagram = joinRequests(changes);
    const first = this.#seq + 1;
    eachHeader(datagram, (view) => {
      view.setUint16(6, view.getUint16(6, true) | NLM_F.REQUEST | NLM_F.ACK, true);
      view.setUint32(8, ++this.#seq, true);
    });
    const [{ op } = { op: "change anything" }] = changes;
    this.#send(op, datagram);
    let failure: NetlinkError | undefined;
    for (let answered = 0; answered < changes.length; ) {
      for (const message of this.#receive(op)) {
        if (message.type !== NLMSG.ERROR || message.seq < first) continue;
        answered++;
        const change = changes[message.seq - first];
        const refused = refusal(change?.op ?? op, message);
        if (refused !== undefined && change?.allowed?.includes(refused.errno) !== true) {
          failure ??= refused;
        }
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** Asks for one object. */
  get<T>(op: string, request: Encoder, decode: (message: Message) => T): T {
    const value = this.find(op, request, decode);
    // The kernel acknowledges a GET only after it has sent the object.
    if (value === undefined) throw this.#malformed(op, this.#seq, "acknowledged without an answer");
    return value;
  }

  /** As get(), where the kernel may say yes and nothing else: undefined then. */
  find<T>(op: string, request: Encoder, decode: (message: Message) => T): T | undefined {
    const found: T[] = [];
    this.#exchange(op, request, NLM_F.REQUEST | NLM_F.ACK, (message) => {
      found.push(decode(message));
    });
    return found[0];
  }

  /**
   * Asks for all objects; `decode` may pass over one with undefined. Asked anew when the kernel
   * says that the list changed while it was being read; after eight times, EINTR.
   */
  dump<T>(op: string, request: Encoder, decode: (message: Message) => T | undefined): T[] {
    let seq = 0;
    for (let attempt = 0; attempt < MAX_DUMPS; attempt++) {
      const found: T[] = [];
      const { interrupted } = this.#exchange(op, request, NLM_F.REQUEST | NLM_F.DUMP, (message) => {
        const value = decode(message);
        if (value !== undefined) found.push(value);
      });
      if (!interrupted) return found;
      seq = this.#seq;
    }
    throw new NetlinkError(op, ERRNO.EINTR, seq, { text: "the list kept changing" });
  }

  /**
   * Sends several messages in one datagram and waits for the answers to those that ask for an
   * ACK (one at least must); the first refusal is thrown. For nfnetlink's transactions. `op` may
   * depend on the message that was refused, by its place in the datagram.
   */
  batch(op: string | ((index: number) => string), requests: Encoder): void {
    const opOf = (index: number): string => (typeof op === "string" ? op : op(index));
    const datagram = requests.finish();
    const first = this.#seq + 1;
    let waiting = 0;
    eachHeader(datagram, (view) => {
      view.setUint32(8, ++this.#seq, true);
      if ((view.getUint16(6, true) & NLM_F.ACK) !== 0) waiting++;
    });
    this.#send(opOf(0), datagram);
    while (waiting > 0) {
      for (const message of this.#receive(opOf(0))) {
        if (message.type !== NLMSG.ERROR || message.seq < first) continue;
        // How many answers follow a refusal depends on the subsystem. They are in the socket
        // already, older than the next request, and passed over by it.
        const failure = refusal(opOf(message.seq - first), message);
        if (failure !== undefined) throw failure;
        waiting--;
      }
    }
  }

  #exchange(
    op: string,
    request: Encoder,
    flags: number,
    onMessage: (message: Message) => void,
  ): { readonly interrupted: boolean } {
    const datagram = request.finish();
    const seq = ++this.#seq;
    eachHeader(datagram, (view) => {
      view.setUint16(6, view.getUint16(6, true) | flags, true);
      view.setUint32(8, seq, true);
    });
    this.#send(op, datagram);
    let interrupted = false;
    let malformed: string | undefined;
    for (;;) {
      for (const message of this.#receive(op)) {
        if (message.seq < seq) continue;
        if ((message.flags & NLM_F.DUMP_INTR) !== 0) interrupted = true;
        if (message.type === NLMSG.ERROR || message.type === NLMSG.DONE) {
          const failure = refusal(op, message);
          if (failure?.errno === ERRNO.EINTR) return { interrupted: true };
          if (failure !== undefined) throw failure;
          if (malformed !== undefined) throw this.#malformed(op, seq, malformed);
          return { interrupted };
        }
        if (message.type < NLMSG.MIN_TYPE || malformed !== undefined) continue;
        onMessage(message);
        // Read on to the end, so that the next request does not find the rest of this answer.
        malformed = message.error;
      }
    }
  }

  #send(op: string, datagram: Uint8Array): void {
    try {
      this.#transport.send(datagram);
    } catch (thrown) {
      throw this.#failure(op, thrown);
    }
  }

  /** The messages of the next datagram. Those of a request that was given up are older than ours. */
  #receive(op: string): readonly Message[] {
    let datagram: Uint8Array;
    try {
      datagram = this.#transport.receive();
    } catch (thrown) {
      throw this.#failure(op, thrown);
    }
    const { messages, error } = decodeMessages(datagram);
    if (error !== undefined) throw this.#malformed(op, this.#seq, error);
    this.#port = messages[0]?.port ?? this.#port;
    return messages;
  }

  #failure(op: string, thrown: unknown): unknown {
    if (!(thrown instanceof SyscallError)) return thrown;
    const text = thrown.errno === ERRNO.EAGAIN ? "the kernel does not answer" : thrown.syscall;
    return new NetlinkError(op, thrown.errno, this.#seq, { text });
  }

  #malformed(op: string, seq: number, what: string): NetlinkError {
    return new NetlinkError(op, ERRNO.EBADMSG, seq, { text: `malformed answer: ${what}` });
  }
}

/** One message of each request, one after the other. */
function joinRequests(changes: readonly ChangeRequest[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const { request } of changes) {
    const part = request.finish();
    parts.push(part);
    length += part.length;
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Calls `visit` with a view of each message header of a datagram that an Encoder made. */
function eachHeader(datagram: Uint8Array, visit: (header: DataView) => void): void {
  const { buffer, byteOffset } = datagram;
  for (let at = 0; at < datagram.length; ) {
    const view = new DataView(buffer, byteOffset + at, HEADER_BYTES);
    visit(view);
    at += (view.getUint32(0, true) + 3) & ~3;
  }
}

/** The error in an ERROR or DONE message; undefined where it reports success. */
function refusal(op: string, message: Message): NetlinkError | undefined {
  // An ACK is an ERROR message with errno 0; the end of a dump may come without a number.
  const errno = message.type === NLMSG.DONE && message.payloadLength < 4 ? 0 : -message.i32(0);
  if (message.error !== undefined) {
    return new NetlinkError(op, ERRNO.EBADMSG, message.seq, { text: message.error });
  }
  if (errno === 0) return undefined;
  return new NetlinkError(op, errno, message.seq, kernelReason(message));
}

function kernelReason(message: Message): KernelReason {
  if ((message.flags & NLM_F.ACK_TLVS) === 0) return {};
  // Of an ERROR: errno, then the request's header, with its payload unless capped.
  let fixed = 4;
  if (message.type === NLMSG.ERROR) {
    fixed += (message.flags & NLM_F.CAPPED) === 0 ? message.u32(4) : HEADER_BYTES;
  }
  let reason: KernelReason = {};
  const attributes = message.attributes(fixed);
  while (attributes.next()) {
    if (attributes.type === NLMSGERR_ATTR.MSG) reason = { ...reason, text: attributes.string() };
    if (attributes.type === NLMSGERR_ATTR.OFFS) reason = { ...reason, offset: attributes.u32() };
    if (attributes.type === NLMSGERR_ATTR.MISS_TYPE) {
      reason = { ...reason, missingAttribute: attributes.u32() };
    }
  }
  return reason;
}
