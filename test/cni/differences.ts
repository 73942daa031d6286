/** A difference from the reference plugins that is meant. */
export interface Difference {
  readonly types: readonly string[];
  /** The compared line, with whose it is before it. */
  readonly line: RegExp;
  readonly reason: string;
}

/** Every deliberate difference that a comparison of one ADD can see. */
export const DIFFERENCES: readonly Difference[] = [];
