import {
  openPortForward,
  type PortForwardSession,
  type RemoteCommandStreams,
  runRemoteCommand,
  type StreamTarget,
} from "../../cri/streaming/mod.ts";
import type { ApiConnection } from "./connection.ts";
import { PODS, resourcePath } from "./resources.ts";
import { tlsOptions } from "./tls-options.ts";

/** A container of a pod; without a name the pod's only (or first) one. */
export interface ContainerRef {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

/**
 * Runs a command in a container of a running pod and returns its exit code (`kubectl exec`).
 * Rejects with StreamError, or with the signal's reason.
 */
export async function execInPod(
  connection: ApiConnection,
  command: ContainerRef & { readonly argv: readonly string[] },
  streams: RemoteCommandStreams & { readonly signal?: AbortSignal },
): Promise<number> {
  const { signal, ...ends } = streams;
  const query = new URLSearchParams();
  for (const word of command.argv) query.append("command", word);
  if (command.container !== undefined) query.set("container", command.container);
  for (const end of ["stdin", "stdout", "stderr"] as const) {
    query.set(end, String(ends[end] !== undefined));
  }
  query.set("tty", String(ends.resize !== undefined));
  return runRemoteCommand(
    targetOf(connection, command, { subresource: "exec", query }),
    ends,
    signal,
  );
}

/** Opens a session that carries connections to ports of a running pod (`kubectl port-forward`). */
export async function forwardToPod(
  connection: ApiConnection,
  pod: ContainerRef,
  signal?: AbortSignal,
): Promise<PortForwardSession> {
  const target = targetOf(connection, pod, {
    subresource: "portforward",
    query: new URLSearchParams(),
  });
  return openPortForward(target, signal);
}

function targetOf(
  connection: ApiConnection,
  { namespace, pod }: ContainerRef,
  { subresource, query }: { readonly subresource: string; readonly query: URLSearchParams },
): StreamTarget {
  const path = resourcePath(PODS, { namespace, name: pod, subresource });
  const { token } = connection;
  return {
    url: `${connection.server.replace(/\/$/, "")}${path}?${query}`,
    ...(connection.server.startsWith("https:") ? { tls: tlsOptions(connection) } : {}),
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token.reveal()}` } }),
  };
}
