import { type ErrorContext, NodewrightError } from "../../base/mod.ts";

/** A streaming session (exec, attach, port-forward) that broke; `kind` is "cri-stream". */
export class StreamError extends NodewrightError {
  constructor(message: string, context: ErrorContext = {}) {
    super("cri-stream", message, context);
    this.name = "StreamError";
  }
}
