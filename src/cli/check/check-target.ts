import type { NodewrightError } from "../../base/mod.ts";
import type { Texts } from "../../check/fix/mod.ts";
import type { CheckSubject, Suppression } from "../../check/mod.ts";
import type { ReadText } from "../../check/report/mod.ts";
/** What is checked: its facts, and where its files can be quoted from. */
export interface CheckTarget {
  readonly subject: CheckSubject;
  /** Of a cluster directory, which may be mended: what it would be with other texts. */
  readonly subjectWith?: (texts: Texts) => Promise<CheckSubject>;
  readonly suppressions: readonly Suppression[];
  readonly read: ReadText;
  /** A file as this shell can open it. */
  readonly nameOf: (file: string) => string;
  /** What could not be looked at, beside the findings. */
  readonly failures: readonly NodewrightError[];
}
