import type { Problem } from "../base/mod.ts";
import type { DesiredFile, Digest, Readiness } from "./desired.ts";

/** One change on one node. A plan is a list of these: data that is printed, compared and carried out in order. */
export type Step =
  | { readonly kind: "load-module"; readonly module: string; readonly required: boolean }
  | {
      readonly kind: "set-sysctl";
      readonly key: string;
      readonly from: string | null;
      readonly to: string;
    }
  | {
      readonly kind: "swap-off";
      readonly swaps: readonly string[];
      readonly persistent: readonly string[];
    }
  | {
      readonly kind: "write-file";
      readonly file: DesiredFile;
      readonly previous: Digest | null;
      readonly foreign: boolean;
    }
  | { readonly kind: "set-mode"; readonly path: string; readonly from: number; readonly to: number }
  /** `restore`: a file was there before nodewright; it comes back. */
  | {
      readonly kind: "remove-file";
      readonly path: string;
      readonly previous: Digest;
      readonly restore: boolean;
    }
  | { readonly kind: "daemon-reload" }
  | { readonly kind: "enable-unit"; readonly unit: string }
  | { readonly kind: "disable-unit"; readonly unit: string; readonly because: string }
  | { readonly kind: "start-unit"; readonly unit: string; readonly because: readonly string[] }
  | { readonly kind: "restart-unit"; readonly unit: string; readonly because: readonly string[] }
  | { readonly kind: "stop-unit"; readonly unit: string; readonly because: string }
  | {
      readonly kind: "wait-ready";
      readonly unit: string;
      readonly ready: Readiness;
      readonly timeoutMs: number;
    }
  | { readonly kind: "import-image"; readonly reference: string; readonly path: string }
  | {
      readonly kind: "set-route";
      readonly destination: string;
      readonly via: string;
      readonly from: string | null;
    }
  | { readonly kind: "remove-route"; readonly destination: string; readonly via: string };

/** What apply would do on one node. No steps: the node is as it should be. */
export interface NodePlan {
  readonly node: string;
  /** The generation that the plan starts from; apply refuses a plan made for another one. */
  readonly baseGeneration: number | null;
  readonly steps: readonly Step[];
  /** What a person should know though nothing is changed for it, e.g. a unit left disabled. */
  readonly notes: readonly string[];
  /** Why the plan must not be carried out, e.g. a directory where a file should be; apply refuses it. */
  readonly problems: readonly Problem[];
}

/** The name of a kind of step. */
export type StepKind = Step["kind"];
