/** How a message begins: the protocol's name and version (native/cni-client.c). */
const PROTOCOL = "nodewright-cni 1";

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
 * Decodes a message: strings that each end with a NUL (the protocol's name; after the mask as a u32 the
 * client's name, its directory, variables). Undefined for anything else.
 */
export function decodeCall(bytes: Uint8Array): Call | undefined {
  const maskAt = PROTOCOL.length + 1;
  if (bytes.length < maskAt + 5 || bytes.at(-1) !== 0) return undefined;
  if (utf8.decode(bytes.subarray(0, maskAt)) !== `${PROTOCOL}\0`) return undefined;
  const umask = new DataView(bytes.buffer, bytes.byteOffset + maskAt, 4).getUint32(0, true);
  const texts = utf8.decode(bytes.subarray(maskAt + 4, -1)).split("\0");
  const [name, directory, ...variables] = texts;
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

/** The answer: the exit code, then what is printed. */
export function encodeAnswer(exitCode: number, stdout: Uint8Array): Uint8Array {
  const answer = new Uint8Array(1 + stdout.length);
  answer[0] = exitCode;
  answer.set(stdout, 1);
  return answer;
}
