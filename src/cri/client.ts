import type { DescMethod } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { UsageError } from "../base/mod.ts";
import { type TypedService, typedService, UNIX_OPTIONS } from "../grpc/mod.ts";
import { CriError, toCriError } from "./cri-error.ts";
import { ImageService, RuntimeService } from "./gen/runtime_pb.ts";
import { parseRuntimeEndpoint, probeSocket } from "./runtime-endpoint.ts";

/** A connection to one container runtime. Dispose it: an open one keeps the process alive. */
export interface CriClient extends Disposable {
  /** As it was given, e.g. `unix:///run/containerd/containerd.sock`. */
  readonly endpoint: string;
  /** The socket's absolute path. */
  readonly socketPath: string;
  readonly runtime: TypedService<typeof RuntimeService>;
  readonly image: TypedService<typeof ImageService>;
}

export interface CriClientOptions {
  readonly endpoint: string;
  /** Of calls that have no deadline of their own here or in the call; two minutes. */
  readonly deadlineMs?: number;
}

const MINUTE_MS = 60_000;
/** The calls that are slow for good reasons. Streams and pulls end when they end. */
const DEADLINES_MS: Readonly<Record<string, number>> = {
  RunPodSandbox: 4 * MINUTE_MS,
  PullImage: 0,
  ExecSync: 0,
  // The grace period is the caller's, and the runtime keeps to it.
  StopContainer: 0,
  GetContainerEvents: 0,
};

/** The largest answer accepted; 16 MB is what the kubelet allows, too. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Opens a client; nothing is sent before the first call. Rejected calls are CriError, or the
 * signal's reason where it was aborted.
 */
export function createCriClient(options: CriClientOptions): CriClient {
  const path = parseRuntimeEndpoint(options.endpoint);
  if (!path.ok) throw new UsageError(path.error);
  const socketPath = path.value;
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    ...UNIX_OPTIONS,
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  });
  const transport = {
    client,
    deadlineMs: (method: DescMethod) =>
      DEADLINES_MS[method.name] ?? options.deadlineMs ?? 2 * MINUTE_MS,
    mapError: async (thrown: unknown, method: string): Promise<Error> => {
      const error = toCriError(thrown, method);
      if (error.code !== "UNAVAILABLE") return error;
      const socket = await probeSocket(socketPath);
      if (socket === undefined) return error;
      return new CriError(
        "UNAVAILABLE",
        method,
        `Cannot reach the container runtime at ${socketPath}: ${socket.fault}`,
        { fix: socket.fix, cause: thrown },
      );
    },
  };
  return {
    endpoint: options.endpoint,
    socketPath,
    runtime: typedService(RuntimeService, transport),
    image: typedService(ImageService, transport),
    [Symbol.dispose]: () => client.close(),
  };
}
