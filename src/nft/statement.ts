import type { Expression } from "./expression.ts";
import type { Needs } from "./selector.ts";
import type { AnonymousSet } from "./set.ts";

/** One condition or action of a rule: nft's text, and the kernel's expressions for it. */
export interface Statement {
  readonly text: string;
  readonly needs?: Needs;
  readonly expressions: readonly Expression[];
  /** The set or map that the statement brings along; its lookup names it ANONYMOUS. */
  readonly anonymous?: AnonymousSet;
}
