/**
 * What a promise rejects with; throws where it resolves. Bun's `expect(promise).rejects` waits in
 * an event loop of its own, in which HTTP/2 answers do not arrive.
 */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`Expected a rejection, got ${Bun.inspect(value)}`);
}
