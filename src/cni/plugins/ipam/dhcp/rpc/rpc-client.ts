import { messageOf, NodewrightError } from "../../../../../base/mod.ts";
import { GobDecoder, GobError } from "./gob-decoder.ts";
import { GobEncoder } from "./gob-encoder.ts";
import type { GobStruct, GobValue } from "./gob-types.ts";
import { RPC_CONNECT, RPC_CONNECTED, RPC_REQUEST } from "./messages.ts";

/** The daemon cannot be reached, or what answers is none. */
export class RpcUnreachableError extends NodewrightError {
  constructor(path: string, why: string, cause?: unknown) {
    super("dhcp-daemon", `Cannot reach the DHCP daemon at "${path}": ${why}`, {
      fix: "Start it: systemctl start cni-dhcp.socket, or `dhcp daemon`",
      ...(cause === undefined ? {} : { cause }),
    });
    this.name = "RpcUnreachableError";
  }
}

/** What the daemon said instead of a reply. */
export class RpcCallError extends NodewrightError {
  constructor(message: string) {
    super("dhcp-call", message);
    this.name = "RpcCallError";
  }
}

type Struct = { readonly [field: string]: GobValue };

/** The client's side of a connection of Go's net/rpc over HTTP, for one call after the other. */
export class RpcClient implements Disposable {
  readonly #path: string;
  readonly #encoder = new GobEncoder();
  readonly #decoder = new GobDecoder();
  #socket: { write(bytes: Uint8Array): number; terminate(): void } | undefined;
  /** What came before the connection became one of net/rpc. */
  #head: string | undefined = "";
  #outgoing = new Uint8Array();
  #seq = 0;
  #wake: () => void = () => {};
  #ended: string | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Connects to the unix socket of a daemon; RpcUnreachableError where none answers. */
  static async connect(path: string): Promise<RpcClient> {
    const client = new RpcClient(path);
    await client.#connect();
    return client;
  }

  async #connect(): Promise<void> {
    try {
      this.#socket = await Bun.connect({
        unix: this.#path,
        socket: {
          data: (_socket, bytes) => this.#receive(bytes),
          drain: () => this.#flush(),
          close: () => this.#end("it closed the connection"),
          error: (_socket, error) => this.#end(error.message),
        },
      });
    } catch (thrown) {
      const why = messageOf(thrown);
      throw new RpcUnreachableError(this.#path, why, thrown);
    }
    this.#write(Buffer.from(RPC_CONNECT));
    while (this.#head !== undefined) await this.#more();
  }

  /** Calls a method; RpcCallError with the text that the daemon answers where it fails. */
  async call(
    method: string,
    args: { readonly type: GobStruct; readonly value: Struct },
  ): Promise<Struct> {
    const request = { ServiceMethod: method, Seq: ++this.#seq };
    this.#write(this.#encoder.encode(RPC_REQUEST, request));
    this.#write(this.#encoder.encode(args.type, args.value));
    const response = await this.#next();
    const body = await this.#next();
    const error = response["Error"];
    if (typeof error === "string" && error !== "") throw new RpcCallError(error);
    return body;
  }

  async #next(): Promise<Struct> {
    for (;;) {
      const value = this.#decode();
      if (value !== undefined) return value;
      await this.#more();
    }
  }

  #decode(): Struct | undefined {
    try {
      return this.#decoder.next();
    } catch (thrown) {
      if (!(thrown instanceof GobError)) throw thrown;
      throw new RpcUnreachableError(this.#path, `its answer is ${thrown.message}`, thrown);
    }
  }

  /** Waits until something has come or happened; RpcUnreachableError where nothing can come. */
  async #more(): Promise<void> {
    if (this.#ended !== undefined) throw new RpcUnreachableError(this.#path, this.#ended);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #receive(bytes: Uint8Array): void {
    try {
      const rest = this.#head === undefined ? bytes : this.#readHead(bytes);
      if (rest !== undefined) this.#decoder.push(rest);
    } catch (thrown) {
      this.#end(messageOf(thrown));
    }
    this.#wake();
  }

  /** Gives what follows the head; undefined while it has not come as a whole, or is another one. */
  #readHead(bytes: Uint8Array): Uint8Array | undefined {
    const head = `${this.#head}${Buffer.from(bytes).toString("latin1")}`;
    this.#head = head;
    if (!RPC_CONNECTED.startsWith(head.slice(0, RPC_CONNECTED.length))) {
      this.#end(`it speaks another protocol: "${head.split(/\r?\n/)[0]}"`);
      return undefined;
    }
    if (head.length < RPC_CONNECTED.length) return undefined;
    this.#head = undefined;
    return Buffer.from(head.slice(RPC_CONNECTED.length), "latin1");
  }

  #write(bytes: Uint8Array): void {
    this.#outgoing = Buffer.concat([this.#outgoing, bytes]);
    this.#flush();
  }

  /** What the kernel does not take now goes when it has room. */
  #flush(): void {
    const written = this.#socket?.write(this.#outgoing) ?? 0;
    this.#outgoing = this.#outgoing.subarray(Math.max(written, 0));
  }

  #end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.#socket?.terminate();
  }
}
