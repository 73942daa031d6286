import { DerivedFacts } from "./derived-facts.ts";
import { FactMemo } from "./fact-memo.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { NodeInput } from "./node-input.ts";

/**
 * Works out nodes' facts from their files. One deriver serves all nodes of a check: texts that they
 * share are parsed once, and equal files give the very same models.
 */
export class FactDeriver {
  readonly #memo = new FactMemo();

  /** The facts of one node; nothing is read before it is asked for. */
  derive(input: NodeInput): NodeFacts {
    return new DerivedFacts(input, this.#memo);
  }
}
