import type { RemoteCommandStreams, TerminalSize } from "../../cri/mod.ts";
import type { CliProcess } from "../context.ts";

/**
 * Connects the process's own streams to a remote command: with `tty` the local terminal is raw for
 * as long as the command runs, and its size is told whenever it changes.
 */
export async function withTerminal(
  process: CliProcess,
  want: { readonly stdin: boolean; readonly tty: boolean },
  run: (streams: RemoteCommandStreams) => Promise<number>,
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const isRaw = want.tty && want.stdin && stdin.isTTY === true;
  if (isRaw) stdin.setRawMode(true);
  try {
    return await run({
      ...(want.stdin ? { stdin } : {}),
      stdout: (chunk) => write(stdout, chunk),
      ...(want.tty
        ? { resize: terminalSizes(stdout) }
        : { stderr: (chunk: Uint8Array) => write(stderr, chunk) }),
    });
  } finally {
    if (isRaw) stdin.setRawMode(false);
    // Nobody reads on; an open terminal would keep the process alive.
    if (want.stdin) stdin.destroy();
  }
}

function write(stream: NodeJS.WriteStream, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** The terminal's size now, and again whenever it changes; one size where there is no terminal. */
async function* terminalSizes(stdout: NodeJS.WriteStream): AsyncGenerator<TerminalSize> {
  yield { width: stdout.columns ?? 80, height: stdout.rows ?? 24 };
  if (stdout.isTTY !== true) return;
  for (;;) {
    await new Promise((resolve) => stdout.once("resize", resolve));
    yield { width: stdout.columns, height: stdout.rows };
  }
}
