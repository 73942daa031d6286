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
import type { Client, ClientReadableStream } from "@grpc/grpc-js";
import { Metadata } from "@grpc/grpc-js";

/** What every call takes. */
export interface CallOptions {
  /** From now until the call fails with DEADLINE_EXCEEDED; 0 for no end. */
  readonly deadlineMs?: number;
  /** Cancels the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One function for each unary method and one async iterable for each server-streaming method. */
export type TypedService<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends {
    methodKind: infer Kind;
    input: infer I extends DescMessage;
    output: infer O extends DescMessage;
  }
    ? Kind extends "unary"
      ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
      : (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
    : never;
};

/** How a service's functions reach the wire. */
export interface Transport {
  readonly client: Client;
  /** The deadline of a method where the call gives none, in milliseconds; 0 for none. */
  deadlineMs(method: DescMethod): number;
  /** What a failed call rejects with. */
  mapError(thrown: unknown, method: string): Promise<Error>;
}

/** Gives a generated service description the functions that call it. */
export function typedService<S extends DescService>(
  service: S,
  transport: Transport,
): TypedService<S> {
  const functions: Record<string, unknown> = {};
  for (const method of service.methods) {
    if (method.methodKind === "unary") {
      functions[method.localName] = (request: MessageInitShape<DescMessage>, o?: CallOptions) =>
        callUnary(transport, method, request, o ?? {});
    } else if (method.methodKind === "server_streaming") {
      functions[method.localName] = (request: MessageInitShape<DescMessage>, o?: CallOptions) =>
        callStream(transport, method, request, o ?? {});
    }
  }
  // cast: the loop above puts one function of the declared shape under each method's name
  return functions as TypedService<S>;
}

function wireOf(method: DescMethod) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    name: `${method.parent.name}/${method.name}`,
    serialize: (message: MessageShape<DescMessage>) => Buffer.from(toBinary(method.input, message)),
    deserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
  };
}

function grpcOptions(transport: Transport, method: DescMethod, options: CallOptions) {
  const ms = options.deadlineMs ?? transport.deadlineMs(method);
  return ms === 0 ? {} : { deadline: Date.now() + ms };
}

async function callUnary(
  transport: Transport,
  method: DescMethod,
  request: MessageInitShape<DescMessage>,
  options: CallOptions,
): Promise<MessageShape<DescMessage>> {
  options.signal?.throwIfAborted();
  const wire = wireOf(method);
  let onAbort = (): void => {};
  try {
    return await new Promise((resolve, reject) => {
      const call = transport.client.makeUnaryRequest(
        wire.path,
        wire.serialize,
        wire.deserialize,
        create(method.input, request),
        new Metadata(),
        grpcOptions(transport, method, options),
        (error, response) => {
          if (error !== null) reject(error);
          else if (response === undefined) reject(new TypeError(`${wire.name}: no response`));
          else resolve(response);
        },
      );
      onAbort = () => call.cancel();
      options.signal?.addEventListener("abort", onAbort, { once: true });
    });
  } catch (thrown) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw await transport.mapError(thrown, wire.name);
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
  }
}

async function* callStream(
  transport: Transport,
  method: DescMethod,
  request: MessageInitShape<DescMessage>,
  options: CallOptions,
): AsyncGenerator<MessageShape<DescMessage>> {
  options.signal?.throwIfAborted();
  const wire = wireOf(method);
  const call: ClientReadableStream<MessageShape<DescMessage>> =
    transport.client.makeServerStreamRequest(
      wire.path,
      wire.serialize,
      wire.deserialize,
      create(method.input, request),
      new Metadata(),
      grpcOptions(transport, method, options),
    );
  const onAbort = (): void => call.cancel();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    yield* call;
  } catch (thrown) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw await transport.mapError(thrown, wire.name);
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    call.cancel();
  }
}
