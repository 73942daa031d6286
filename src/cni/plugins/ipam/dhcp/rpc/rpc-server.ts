import { messageOf } from "../../../../../base/mod.ts";
import { GobDecoder, GobError } from "./gob-decoder.ts";
import { GobEncoder } from "./gob-encoder.ts";
import type { GobStruct, GobValue } from "./gob-types.ts";
import { RPC_CONNECTED, RPC_EMPTY, RPC_METHOD_LINE, RPC_RESPONSE } from "./messages.ts";

/** A reply: a struct and its type. */
export interface RpcReply {
  readonly type: GobStruct;
  readonly value: { readonly [field: string]: GobValue };
}

/** Answers one call; what it rejects with becomes the Error of the Response, as text. */
export type RpcHandler = (
  method: string,
  args: { readonly [field: string]: GobValue },
  signal: AbortSignal,
) => Promise<RpcReply>;

/** What is no net/rpc gets an answer of HTTP. */
const REFUSAL = "HTTP/1.0 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const MAX_HEAD_BYTES = 4096;

/** What a connection does with the other end. */
export interface RpcPeer {
  send(bytes: Uint8Array): void;
  /** After everything that was sent. */
  close(): void;
}

/**
 * The server's side of one connection of Go's net/rpc over HTTP. Calls run beside each other; each
 * is answered when it is done. What is no net/rpc closes the connection.
 */
export class RpcServerConnection {
  readonly #peer: RpcPeer;
  readonly #handler: RpcHandler;
  readonly #decoder = new GobDecoder();
  readonly #encoder = new GobEncoder();
  readonly #gone = new AbortController();
  #head: Uint8Array | undefined = new Uint8Array();
  #request: { readonly method: string; readonly seq: number } | undefined;

  constructor(peer: RpcPeer, handler: RpcHandler) {
    this.#peer = peer;
    this.#handler = handler;
  }

  /** Takes what has come. */
  receive(bytes: Uint8Array): void {
    if (this.#gone.signal.aborted) return;
    try {
      const rest = this.#head === undefined ? bytes : this.#readHead(bytes);
      if (rest === undefined) return;
      this.#decoder.push(rest);
      for (let value = this.#decoder.next(); value !== undefined; value = this.#decoder.next()) {
        this.#take(value);
      }
    } catch (thrown) {
      if (!(thrown instanceof GobError)) throw thrown;
      this.#end();
    }
  }

  /** The other end has gone: calls under way are told to stop. */
  closed(): void {
    this.#gone.abort(new Error("The caller has gone"));
  }

  /** Gives what follows the head; undefined while it has not come, or was refused. */
  #readHead(bytes: Uint8Array): Uint8Array | undefined {
    const head = Buffer.concat([this.#head ?? new Uint8Array(), bytes]);
    this.#head = head;
    const start = head.toString("latin1", 0, RPC_METHOD_LINE.length);
    if (!RPC_METHOD_LINE.startsWith(start)) {
      this.#peer.send(Buffer.from(REFUSAL));
      this.#end();
      return undefined;
    }
    // The reference ends lines without a carriage return.
    const match = /\r?\n\r?\n/.exec(head.toString("latin1"));
    if (match === null) {
      if (head.length > MAX_HEAD_BYTES) this.#end();
      return undefined;
    }
    this.#head = undefined;
    this.#peer.send(Buffer.from(RPC_CONNECTED));
    return head.subarray(match.index + match[0].length);
  }

  /** Values come in pairs: a Request, and the arguments of its method. */
  #take(value: { readonly [field: string]: GobValue }): void {
    const request = this.#request;
    if (request === undefined) {
      const { ServiceMethod: method, Seq: seq = 0 } = value;
      if (typeof method !== "string" || typeof seq !== "number") throw new GobError("no Request");
      this.#request = { method, seq };
      return;
    }
    this.#request = undefined;
    this.#handler(request.method, value, this.#gone.signal).then(
      (reply) => this.#answer(request, reply),
      (thrown) => {
        const text = messageOf(thrown);
        this.#answer(request, { type: RPC_EMPTY, value: {} }, text);
      },
    );
  }

  #answer(
    { method, seq }: { readonly method: string; readonly seq: number },
    { type, value }: RpcReply,
    error = "",
  ): void {
    if (this.#gone.signal.aborted) return;
    const response = { ServiceMethod: method, Seq: seq, Error: error };
    this.#peer.send(this.#encoder.encode(RPC_RESPONSE, response));
    this.#peer.send(this.#encoder.encode(type, value));
  }

  #end(): void {
    this.closed();
    this.#peer.close();
  }
}
