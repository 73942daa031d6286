import {
  type ApiFacts,
  type CheckSubject,
  FactDeriver,
  type Inventory,
  type InventoryMachine,
} from "../../check/mod.ts";
import type { CollectedNode } from "./machine/mod.ts";
import { inputOf } from "./node-input.ts";

/** One machine that has told of itself. */
export interface LiveInput {
  /** By default the machine's own name. */
  readonly name?: string;
  readonly collected: CollectedNode;
  readonly machine?: InventoryMachine;
  /** Null where the machine asks itself. */
  readonly aheadMs: number | null;
}

/** The facts of machines as they run, with the inventory and the API server where they are known. */
export function liveSubject(
  inputs: readonly LiveInput[],
  context: { readonly now: Date; readonly inventory?: Inventory; readonly api?: ApiFacts },
): CheckSubject {
  const deriver = new FactDeriver();
  const nodes = inputs.map(({ name, collected, machine, aheadMs }) =>
    deriver.derive({
      ...inputOf(collected, { aheadMs }),
      ...context,
      name: name ?? collected.host.hostname,
      ...(machine === undefined ? {} : { machine }),
    }),
  );
  return { ...context, nodes };
}
