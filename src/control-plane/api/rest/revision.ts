import { ApiError, refusals } from "../../objects/mod.ts";

/** A resourceVersion of a query; 0 where there is none. */
export function readRevision(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^\d+$/.test(text)) {
    throw refusals.badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

/** A read of a revision that is not there yet. */
export function tooLargeRefusal(asked: number, current: number): ApiError {
  return new ApiError(
    504,
    "Timeout",
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      retryAfterSeconds: 1,
      details: {
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      },
    },
  );
}

/** A read of a revision that is forgotten. */
export function expiredRefusal(message: string): ApiError {
  return refusals.expired(message);
}
