import { isObject, refusals } from "../../objects/mod.ts";

/** Where a list that was cut goes on. */
export interface ContinueAt {
  readonly revision: number;
  /** The key of the last object that was sent: `namespace/name`. */
  readonly after: string;
}

/** A continue token; opaque to clients. */
export function writeContinue({ revision, after }: ContinueAt): string {
  const text = JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: after });
  return Buffer.from(text).toString("base64url");
}

/** Reads a token of `writeContinue`; throws BadRequest for any other text. */
export function readContinue(token: string): ContinueAt {
  try {
    const read: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (isObject(read)) {
      const { rv, start } = read;
      if (typeof rv === "number" && typeof start === "string")
        return { revision: rv, after: start };
    }
  } catch {
    // Not one of ours.
  }
  throw refusals.badRequest("continue key is not valid");
}
