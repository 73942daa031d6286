import type { Answer } from "../types.ts";

/** The answer of a create that leaves no object of its own. */
export const SUCCESS: Answer = {
  is: "json",
  code: 201,
  body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
};
