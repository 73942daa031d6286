import { z } from "zod";
import { err, ok, type Result } from "../../base/mod.ts";

// meta/v1 Status as version 4 of the stream protocol sends it on the error stream.
const STATUS = z.object({
  status: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  details: z
    .object({
      causes: z
        .array(z.object({ reason: z.string().optional(), message: z.string().optional() }))
        .optional(),
    })
    .optional(),
});

/** The exit code in the error stream's text; an error where the command did not run to its end. */
export function parseExitStatus(text: string): Result<number, string> {
  if (text === "") return ok(0);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return err(text.trim());
  }
  const parsed = STATUS.safeParse(json);
  if (!parsed.success) return err(`unexpected status ${JSON.stringify(text)}`);
  const { status, reason, message, details } = parsed.data;
  if (status === "Success") return ok(0);
  if (reason === "NonZeroExitCode") {
    const code = details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
    if (code !== undefined && /^\d+$/.test(code)) return ok(Number(code));
  }
  return err(message ?? reason ?? `unexpected status ${JSON.stringify(text)}`);
}
