import { applyPatch, JsonPatchError, type Operation } from "fast-json-patch";
import { ApiError, copy, isObject, type Json, refusals } from "../../objects/mod.ts";

/** RFC 6902; throws BadRequest for what is no patch and Invalid for one that does not fit. */
export function applyJsonPatch(target: Json, patch: Json | undefined): Json {
  if (!Array.isArray(patch) || !patch.every(isObject)) {
    throw refusals.badRequest("a JSON patch must be a list of operations");
  }
  // cast: the library checks each operation, and says what is wrong with it
  const operations = patch as unknown as Operation[];
  try {
    return applyPatch(copy(target), operations, true, false).newDocument;
  } catch (thrown) {
    if (!(thrown instanceof JsonPatchError)) throw thrown;
    const why =
      thrown.name === "TEST_OPERATION_FAILED"
        ? `testing path ${thrown.operation?.path}: test failed`
        : (thrown.message.split("\n")[0] ?? thrown.name);
    throw new ApiError(
      422,
      "Invalid",
      `the server rejected our request due to an error in our request: ${why}`,
      {},
    );
  }
}
