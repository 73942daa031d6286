import { parseExitStatus } from "./exit-status.ts";
import { type ByteSink, SpdyConnection, type SpdyStream } from "./spdy-connection.ts";
import { StreamError } from "./stream-error.ts";
import { type StreamTarget, upgradeToSpdy } from "./upgrade.ts";

/** Columns and rows of a terminal. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The ends of a remote command that this side has. What is absent is not opened. */
export interface RemoteCommandStreams {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout?: ByteSink;
  /** Must be absent with a terminal. */
  readonly stderr?: ByteSink;
  /** Present where the command has a terminal; each value is told to it. */
  readonly resize?: AsyncIterable<TerminalSize>;
}

// The fourth version is the first with an exit code; servers over SPDY know no later one.
const PROTOCOL = "v4.channel.k8s.io";

/**
 * Runs the session that the runtime has prepared (Exec or Attach) or that an API server starts and returns the exit
 * code of the command. Rejects with StreamError where the session breaks or the command could not
 * be started, and with the signal's reason where that is aborted (which ends the session, not
 * necessarily the command).
 */
export async function runRemoteCommand(
  target: StreamTarget,
  streams: RemoteCommandStreams,
  signal?: AbortSignal,
): Promise<number> {
  using connection = new SpdyConnection(await upgradeToSpdy(target, [PROTOCOL], signal));
  const abort = (): void => connection[Symbol.dispose]();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await converse(connection, streams);
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    throw thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function converse(
  connection: SpdyConnection,
  streams: RemoteCommandStreams,
): Promise<number> {
  const status: Uint8Array[] = [];
  const open = (streamType: string, onData: ByteSink = () => {}): Promise<SpdyStream> =>
    connection.open({ streamType }, onData);

  const error = await open("error", (chunk) => void status.push(Uint8Array.from(chunk)));
  const stdin = streams.stdin === undefined ? undefined : await open("stdin");
  const outputs = [
    ...(streams.stdout === undefined ? [] : [await open("stdout", streams.stdout)]),
    ...(streams.stderr === undefined ? [] : [await open("stderr", streams.stderr)]),
  ];
  const resize = streams.resize === undefined ? undefined : await open("resize");
  // Our half of these is empty from the start.
  for (const stream of [error, ...outputs]) await stream.end();

  // Neither is waited for: they end when the session does, whatever the terminal does.
  if (stdin !== undefined && streams.stdin !== undefined) void pump(streams.stdin, stdin);
  if (resize !== undefined && streams.resize !== undefined) {
    void pump(sizesAsJson(streams.resize), resize);
  }

  await error.ended.catch(rejectUnless(() => status.length > 0));
  // The last output may come after the status.
  await Promise.all(outputs.map((stream) => stream.ended.catch(() => {})));
  const text = Buffer.concat(status).toString("utf8");
  const outcome = parseExitStatus(text);
  if (outcome.ok) return outcome.value;
  throw new StreamError(`Cannot run the command: ${outcome.error}`);
}

function rejectUnless(condition: () => boolean): (thrown: unknown) => void {
  return (thrown) => {
    if (condition()) return;
    throw new StreamError("Cannot learn the command's exit code: the session ended before it", {
      cause: thrown,
      fix: "the runtime may have been restarted: see `journalctl -u containerd`",
    });
  };
}

/** Sends everything, then the end; a stream that the other end no longer reads is no error. */
async function pump(source: AsyncIterable<Uint8Array>, stream: SpdyStream): Promise<void> {
  try {
    for await (const chunk of source) await stream.write(chunk);
    await stream.end();
  } catch {
    // The session's own end says what happened.
  }
}

async function* sizesAsJson(sizes: AsyncIterable<TerminalSize>): AsyncGenerator<Uint8Array> {
  for await (const { width, height } of sizes) {
    // Go decodes the field names of its own struct: Width and Height.
    yield Buffer.from(`${JSON.stringify({ Width: width, Height: height })}\n`);
  }
}
