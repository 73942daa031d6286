import { type ErrorContext, NodewrightError } from "../../base/mod.ts";

/** Every check, in the order of a run. */
export const VERIFY_CHECKS = [
  "pod-address",
  "loopback",
  "gateway",
  "hostname",
  "resolv-conf",
  "pod-to-pod",
  "pod-to-host",
  "pod-to-peer-pod",
  "pod-to-peer-host",
  "service-from-host",
  "service-from-pod",
  "session-affinity",
  "hairpin",
  "service-dns",
  "node-port",
  "pod-logs",
  "pod-exec",
  "removed",
] as const;

export type VerifyCheckName = (typeof VERIFY_CHECKS)[number];

/** Why a check probably failed, and what to do. */
export interface Diagnosis {
  readonly cause: string;
  readonly fix: string;
}

/** The result of one check on one node. */
export interface VerifyCheck {
  readonly check: VerifyCheckName;
  readonly node: string;
  /** The other node, where two are concerned. */
  readonly peer?: string;
  readonly ok: boolean;
  readonly found: string;
  readonly expected: string;
  /** Only where not ok: the probable cause, found by looking at the host. */
  readonly cause?: string;
  readonly fix?: string;
}

export interface VerifyReport {
  readonly node: string;
  readonly ok: boolean;
  readonly checks: readonly VerifyCheck[];
}

/** What happens during a run, for progress. */
export type VerifyEvent =
  | { readonly kind: "note"; readonly node: string; readonly text: string }
  | { readonly kind: "check"; readonly check: VerifyCheck };

/** A run that could not be carried out at all; `kind` is "verify". */
export class VerifyError extends NodewrightError {
  constructor(message: string, context: ErrorContext = {}) {
    super("verify", message, context);
    this.name = "VerifyError";
  }
}
