import { type ErrorContext, NodewrightError } from "../../base/mod.ts";

/**
 * What went wrong in the lab:
 * `host-unfit` this host cannot have a lab as it is; `command-failed` a tool of the host ended
 * with an error; `machine-failed` a machine did not come up; `no-such-lab`, `no-such-machine`;
 * `conflict` something of another owner is in the way.
 */
export type LabErrorKind =
  | "host-unfit"
  | "command-failed"
  | "machine-failed"
  | "no-such-lab"
  | "no-such-machine"
  | "conflict";

/** Rejection of every effect of the lab. */
export class LabError extends NodewrightError {
  constructor(kind: LabErrorKind, message: string, context: ErrorContext = {}) {
    super(kind, message, context);
    this.name = "LabError";
  }
}
