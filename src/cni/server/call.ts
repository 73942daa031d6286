/** Greets a client that will be served: the protocol's name and version (native/cni-client.c). */
export const GREETING = new TextEncoder().encode("nodewright-cni 1");

/** How an answer begins: the client falls back, or prints the rest and ends with the code. */
export const ANSWER = { NOT_RUN: 0, DONE: 1 } as const;

/** What is printed at most within an answer; more goes to the client's standard output itself. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** One call of a plugin as a client sends it, without its standard streams. */
export interface Call {
  /** The client's file mode mask. */
  readonly umask: number;
  /** The name that the client was called by, without directories. */
  readonly plugin: string;
  /** The client's working directory. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

const utf8 = new TextDecoder();

/**
 * Decodes a message: the mask as a u32, then strings that each end with a NUL: the name, the
 * directory, variables. Undefined for anything else.
 */
export function decodeCall(bytes: Uint8Array): Call | undefined {
  if (bytes.length < 5 || bytes.at(-1) !== 0) return undefined;
  const umask = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const [name, directory, ...variables] = utf8.decode(bytes.subarray(4, -1)).split("\0");
  if (umask > 0o777 || name === undefined || directory?.startsWith("/") !== true) return undefined;
  const env: Record<string, string> = Object.create(null);
  for (const variable of variables) {
    const at = variable.indexOf("=");
    if (at <= 0) continue;
    const key = variable.slice(0, at);
    // As getenv(3) has it: the first one counts.
    env[key] ??= variable.slice(at + 1);
  }
  return { umask, plugin: name.slice(name.lastIndexOf("/") + 1), directory, env };
}

/** The answer of a call that was run. */
export function encodeDone(exitCode: number, stdout: Uint8Array): Uint8Array {
  const answer = new Uint8Array(2 + stdout.length);
  answer[0] = ANSWER.DONE;
  answer[1] = exitCode;
  answer.set(stdout, 2);
  return answer;
}
