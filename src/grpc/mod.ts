/**
 * gRPC over unix sockets, typed by the services' descriptions: what the container runtime, plugins of
 * the node and those who watch it speak.
 *
 * Limits: no TLS, no client streams.
 *
 * @module
 */
export {
  type CallOptions,
  type Transport,
  type TypedService,
  typedService,
} from "./typed-service.ts";
export { createUnixClient, RpcError, UNIX_OPTIONS, type UnixClient } from "./unix-client.ts";
export { type RpcHandlers, RpcRefusal, UnixServer } from "./unix-server.ts";
