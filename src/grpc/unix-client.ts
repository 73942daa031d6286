import type { DescService } from "@bufbuild/protobuf";
import { Client, type ClientOptions, credentials } from "@grpc/grpc-js";
import { messageOf } from "../base/mod.ts";
import { type TypedService, typedService } from "./typed-service.ts";

/** How every connection over a unix socket is made. */
export const UNIX_OPTIONS: ClientOptions = {
  // Otherwise the socket's path becomes the HTTP/2 :authority, which Go's servers refuse.
  "grpc.default_authority": "localhost",
  "grpc.enable_http_proxy": 0,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1000,
};

/** The names of gRPC's statuses as Go's programs print them, at the index of their number. */
const GO_CODES = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound"],
  ...["AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted"],
  ...["OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"],
];

/** A call that failed; its text is that of Go's programs: `rpc error: code = Internal desc = ...`. */
export class RpcError extends Error {
  /** `Unavailable` */
  readonly code: string;

  constructor(code: string, details: string, cause: unknown) {
    super(`rpc error: code = ${code} desc = ${details}`, { cause });
    this.code = code;
  }
}

function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  const has = typeof thrown === "object" && thrown !== null ? thrown : {};
  const code = "code" in has && typeof has.code === "number" ? GO_CODES[has.code] : undefined;
  const details = "details" in has && typeof has.details === "string" ? has.details : undefined;
  return new RpcError(code ?? "Unknown", details ?? messageOf(thrown), thrown);
}

/** A connection to one service of another process. Dispose it: an open one keeps the process alive. */
export interface UnixClient<S extends DescService> extends Disposable {
  readonly service: TypedService<S>;
}

/** Nothing is sent before the first call. Rejected calls are RpcError, or the signal's reason. */
export function createUnixClient<S extends DescService>(
  path: string,
  service: S,
  /** Of calls that have none of their own; 0 for none. */
  { deadlineMs = 0 }: { readonly deadlineMs?: number } = {},
): UnixClient<S> {
  const client = new Client(`unix:${path}`, credentials.createInsecure(), UNIX_OPTIONS);
  const transport = {
    client,
    deadlineMs: () => deadlineMs,
    mapError: async (thrown: unknown) => toRpcError(thrown),
  };
  return {
    service: typedService(service, transport),
    [Symbol.dispose]: () => client.close(),
  };
}
