/** How a message begins: the protocol's name and version (native/cni-client.c). */
const PROTOCOL = "nodewright-cni 1";

/** What a message of an answer holds at most: less than half of what a client can read at once. */
const CHUNK_BYTES = 32 * 1024;
/** How a message of an answer begins: whether more follow, the exit code, how much is standard output. */
const HEADER_BYTES = 8;

/** How a call has ended. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One call of a plugin as a client sends it, without its standard input. */
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
const utf8Bytes = new TextEncoder();

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

/** The messages of an answer; the last one ends the client. */
export function encodeAnswer({ exitCode, stdout, stderr }: Answer): readonly Uint8Array[] {
  const [out, error] = [utf8Bytes.encode(stdout), utf8Bytes.encode(stderr)];
  const messages: Uint8Array[] = [];
  for (let at = 0; ; at += CHUNK_BYTES) {
    const [outNow, errorNow] = [out, error].map((all) => all.subarray(at, at + CHUNK_BYTES));
    const end = at + CHUNK_BYTES;
    const isLast = end >= out.length && end >= error.length;
    messages.push(encodeMessage({ isLast, exitCode }, outNow ?? out, errorNow ?? error));
    if (isLast) return messages;
  }
}

function encodeMessage(
  { isLast, exitCode }: { readonly isLast: boolean; readonly exitCode: number },
  stdout: Uint8Array,
  stderr: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + stdout.length + stderr.length);
  message[0] = isLast ? 0 : 1;
  message[1] = exitCode;
  new DataView(message.buffer).setUint32(4, stdout.length, true);
  message.set(stdout, HEADER_BYTES);
  message.set(stderr, HEADER_BYTES + stdout.length);
  return message;
}
