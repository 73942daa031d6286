import type { Problem } from "../../base/mod.ts";
import type { ReadEnvironment, UnitFile } from "../../config/mod.ts";
import type { ApiFacts } from "./api-facts.ts";
import type { BinaryFact, ComponentVersions } from "./binaries.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Inventory, InventoryMachine } from "./inventory.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { NodeTree } from "./node-tree.ts";
/** What a source knows of a node beside its files. */
export interface NodeInput {
  readonly name: string;
  readonly now: Date;
  readonly files: NodeTree;
  readonly machine?: InventoryMachine;
  readonly inventory?: Inventory;
  readonly versions?: ComponentVersions;
  readonly binaries?: ReadonlyMap<string, BinaryFact>;
  readonly host?: HostFacts;
  /** Where the machine itself was not asked. */
  readonly persistentSwaps?: HostFacts["persistentSwaps"];
  readonly api?: ApiFacts;
  readonly previous?: NodeFacts;
  /** What rendering this node's files has found. */
  readonly renderProblems?: readonly Problem[];
}

/** A unit as it is really started. */
export interface EffectiveUnit {
  readonly unit: UnitFile;
  readonly environment: ReadEnvironment;
}
