/** Of each end of a long text so many bytes are kept: errors come first, what it ended with comes last. */
const KEPT_BYTES = 32 * 1024;

/**
 * The text of a stream that someone else writes: all of it where it is short, else its two ends. It is read to
 * its end, so that the writer never waits, in bounded memory.
 */
export async function readEnds(
  stream: AsyncIterable<Uint8Array>,
  keptBytes = KEPT_BYTES,
): Promise<string> {
  const first = new Uint8Array(keptBytes);
  // A ring: the byte at `seen % keptBytes` is the oldest.
  const last = new Uint8Array(keptBytes);
  let [firstBytes, seen] = [0, 0];
  for await (const chunk of stream) {
    const taken = chunk.subarray(0, keptBytes - firstBytes);
    first.set(taken, firstBytes);
    firstBytes += taken.length;
    const rest = chunk.subarray(taken.length);
    const tail = rest.subarray(-keptBytes);
    const at = (seen + rest.length - tail.length) % keptBytes;
    last.set(tail.subarray(0, keptBytes - at), at);
    last.set(tail.subarray(keptBytes - at), 0);
    seen += rest.length;
  }
  return joined(first.subarray(0, firstBytes), last, seen);
}

function joined(first: Uint8Array, last: Uint8Array, seen: number): string {
  const decode = (...parts: readonly Uint8Array[]): string => {
    const decoder = new TextDecoder();
    return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
  };
  if (seen <= last.length) return decode(first, last.subarray(0, seen));
  const at = seen % last.length;
  const left = `\n[${seen - last.length} bytes left out]\n`;
  return decode(first) + left + decode(last.subarray(at), last.subarray(0, at));
}
