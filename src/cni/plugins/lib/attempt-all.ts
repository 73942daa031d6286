import { joinErrors } from "../../errors.ts";

/**
 * Does every part of a teardown, whatever the others do, and throws what failed at the end: one
 * part that cannot be taken away must not keep the rest.
 */
export async function attemptAll(parts: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) {
    try {
      await part();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  const failure = joinErrors(failures);
  if (failure !== undefined) throw failure;
}

/** `attemptAll` of parts that end before they return: nothing else runs between them. */
export function attemptAllSync(parts: readonly (() => void)[]): void {
  const failures: unknown[] = [];
  for (const part of parts) {
    try {
      part();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  const failure = joinErrors(failures);
  if (failure !== undefined) throw failure;
}
