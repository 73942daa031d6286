import type { Expression } from "./expression.ts";
import type { Needs } from "./selector.ts";

/** One condition or action of a rule: nft's text, and the kernel's expressions for it. */
export interface Statement {
  readonly text: string;
  readonly needs?: Needs;
  readonly expressions: readonly Expression[];
}
