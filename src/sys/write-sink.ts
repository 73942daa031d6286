import type { FileSink } from "bun";

/**
 * Writes to a child's standard input and waits until it has taken the bytes. Rejects where the
 * child has closed it. Bun reports that by either of two promises, and one that nobody awaits
 * would end the program.
 */
export async function writeSink(sink: FileSink, bytes: Uint8Array): Promise<void> {
  await Promise.all([sink.write(bytes), sink.flush()]);
}
