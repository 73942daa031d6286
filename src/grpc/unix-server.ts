import { rmSync } from "node:fs";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { messageOf } from "../base/mod.ts";

/** A call that is answered with a status of its own (gRPC core, statuscodes). */
export class RpcRefusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A function for each method that the server has; the others are answered with UNIMPLEMENTED. */
export type RpcHandlers<S extends DescService> = {
  [K in keyof S["method"]]?: S["method"][K] extends {
    methodKind: infer Kind;
    input: infer I extends DescMessage;
    output: infer O extends DescMessage;
  }
    ? Kind extends "unary"
      ? (request: MessageShape<I>) => MessageInitShape<O> | Promise<MessageInitShape<O>>
      : (request: MessageShape<I>, signal: AbortSignal) => AsyncIterable<MessageInitShape<O>>
    : never;
};

type AnyHandler = (
  request: MessageShape<DescMessage>,
  signal: AbortSignal,
) => MessageInitShape<DescMessage> | AsyncIterable<MessageInitShape<DescMessage>>;

type AnyCall = ServerWritableStream<MessageShape<DescMessage>, MessageShape<DescMessage>>;

const UNKNOWN = 2;

/** Services on a unix socket, for as long as it is not disposed. */
export class UnixServer implements AsyncDisposable {
  readonly path: string;
  readonly #server = new Server();
  readonly #onCall: (method: string) => void;

  /** `onCall` is told the name of each method that is called. */
  constructor(path: string, onCall: (method: string) => void = () => {}) {
    this.path = path;
    this.#onCall = onCall;
  }

  /** Before `listen`. */
  serve<S extends DescService>(service: S, handlers: RpcHandlers<S>): this {
    const known = service.methods.filter((method) => method.localName in handlers);
    const definition = Object.fromEntries(
      known.map((method) => [method.localName, wireOf(service, method)]),
    );
    const implementation = Object.fromEntries(
      known.map((method) => {
        // cast: RpcHandlers<S> has one function of this shape under each of its keys
        const handler = handlers[method.localName as keyof typeof handlers] as AnyHandler;
        return [
          method.localName,
          (call: AnyCall): void => {
            this.#onCall(method.name);
            void answer(call, method, handler);
          },
        ];
      }),
    );
    this.#server.addService(definition, implementation);
    return this;
  }

  /** A socket that another process left behind is replaced. */
  async listen(): Promise<this> {
    rmSync(this.path, { force: true });
    await new Promise<void>((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      this.#server.bindAsync(`unix:${this.path}`, credentials, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    rmSync(this.path, { force: true });
  }
}

async function answer(call: AnyCall, method: DescMethod, handler: AnyHandler): Promise<void> {
  const closed = new AbortController();
  call.on("cancelled", () => closed.abort(new Error("the caller has left")));
  const write = (message: MessageInitShape<DescMessage>): void => {
    if (!closed.signal.aborted) call.write(create(method.output, message));
  };
  try {
    const answered = handler(call.request, closed.signal);
    if (method.methodKind === "server_streaming") {
      // cast: the handler of a streaming method gives messages one after another
      const messages = answered as AsyncIterable<MessageInitShape<DescMessage>>;
      for await (const message of messages) write(message);
    } else {
      // cast: that of another one gives the one message
      write((await answered) as MessageInitShape<DescMessage>);
    }
    call.end();
  } catch (thrown) {
    if (closed.signal.aborted) return;
    const code = thrown instanceof RpcRefusal ? thrown.code : UNKNOWN;
    // Bun's HTTP/2 server loses a status that comes without any data: a message goes before it.
    call.write(create(method.output));
    call.emit("error", { code, details: messageOf(thrown) });
  }
}

function wireOf(service: DescService, method: DescMethod) {
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: false,
    // One message or many are the same on the wire; only a stream can send one before a refusal.
    responseStream: true,
    requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
    requestSerialize: (m: MessageShape<DescMessage>) => Buffer.from(toBinary(method.input, m)),
    responseSerialize: (m: MessageShape<DescMessage>) => Buffer.from(toBinary(method.output, m)),
    responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
  };
}
