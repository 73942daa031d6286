import { type ErrorContext, NodewrightError } from "../../base/mod.ts";

/** Something about a Node that was waited for did not come, or is in the way. */
export class NodeError extends NodewrightError {
  readonly reason: "NotReady" | "DrainBlocked" | "DrainTimeout";
  constructor(
    reason: NodeError["reason"],
    message: string,
    context: ErrorContext & { readonly node: string },
  ) {
    super("node", message, context);
    this.name = "NodeError";
    this.reason = reason;
  }
}
