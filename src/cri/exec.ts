import type { CriClient } from "./client.ts";
import { type RemoteCommandStreams, runRemoteCommand } from "./streaming/mod.ts";

/** What a command in a container has printed, and how it ended. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  /** After this the runtime kills the command and the call fails; rounded up to seconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Runs a command in a running container to its end; its output is bounded by the runtime (16 MB). */
export async function execSync(
  cri: CriClient,
  command: { readonly containerId: string; readonly argv: readonly string[] },
  options: ExecOptions = {},
): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? 0;
  const response = await cri.runtime.execSync(
    {
      containerId: command.containerId,
      cmd: [...command.argv],
      timeout: BigInt(Math.ceil(timeoutMs / 1000)),
    },
    {
      // The runtime's own timeout comes first; this one is for a runtime that hangs.
      ...(timeoutMs === 0 ? {} : { deadlineMs: timeoutMs + 30_000 }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  const decoder = new TextDecoder();
  return {
    exitCode: response.exitCode,
    stdout: decoder.decode(response.stdout),
    stderr: decoder.decode(response.stderr),
  };
}

/**
 * Runs a command in a running container with its streams connected, and returns its exit code.
 * With `streams.resize` the command gets a terminal, and then has no stderr of its own. Works only
 * on the node itself: the runtime streams from its loopback address. containerd (1.6 at least) does not
 * end the session of a command that exits with more than a pipe (64 KiB) of its input unread: there
 * only the signal ends it.
 */
export async function execStream(
  cri: CriClient,
  command: { readonly containerId: string; readonly argv: readonly string[] },
  streams: RemoteCommandStreams,
  signal?: AbortSignal,
): Promise<number> {
  const { url } = await cri.runtime.exec(
    {
      containerId: command.containerId,
      cmd: [...command.argv],
      ...openStreams(streams),
    },
    signal === undefined ? {} : { signal },
  );
  return runRemoteCommand({ url }, streams, signal);
}

/**
 * Connects to the main process of a running container: its output from now on, and its input where
 * it was created with one. Resolves when the process or the session ends.
 */
export async function attachStream(
  cri: CriClient,
  containerId: string,
  streams: RemoteCommandStreams,
  signal?: AbortSignal,
): Promise<number> {
  const { url } = await cri.runtime.attach(
    {
      containerId,
      ...openStreams(streams),
    },
    signal === undefined ? {} : { signal },
  );
  return runRemoteCommand({ url }, streams, signal);
}

/** Which streams the runtime is asked for: those that have an end here. */
function openStreams(streams: RemoteCommandStreams) {
  return {
    tty: streams.resize !== undefined,
    stdin: streams.stdin !== undefined,
    stdout: streams.stdout !== undefined,
    stderr: streams.stderr !== undefined,
  };
}
