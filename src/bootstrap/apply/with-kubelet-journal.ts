import { NodewrightError } from "../../base/mod.ts";
import type { NodeSession } from "./session.ts";

const LINES = 20;
/** Characters of one of them. */
const MAX_LINE = 500;

/** An error about a Node with its kubelet's last words: why it is not Ready is there, if anywhere. */
export async function withKubeletJournal(
  error: NodewrightError,
  session: NodeSession,
): Promise<NodewrightError> {
  const asked = { unit: "kubelet.service", lines: LINES };
  // The error counts, also where the node can no longer be asked.
  const { lines } = await session.request("journal", asked).catch(() => ({ lines: [] }));
  if (lines.length === 0) return error;
  const words = lines.map((line) => line.slice(0, MAX_LINE));
  const detail = [error.detail, "The kubelet's last words:", ...words];
  return new NodewrightError(error.kind, error.message, {
    detail: detail.filter((part) => part !== undefined).join("\n"),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    cause: error,
  });
}
