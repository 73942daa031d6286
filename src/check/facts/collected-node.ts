import type { BinaryFact, ComponentVersions } from "./binaries.ts";
import type { HostFacts } from "./host-facts.ts";
import type { NodeFile } from "./node-tree.ts";

/** A node's files as far as rules look at them, ready to be sent: no secret is among them. */
export interface CollectedFiles {
  readonly files: readonly NodeFile[];
  /** Names of directories whose files are not all among `files`. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
}

/** Everything that `check` wants to know of a running machine, as plain JSON without secrets. */
export interface CollectedNode extends CollectedFiles {
  readonly binaries: readonly BinaryFact[];
  readonly versions: ComponentVersions;
  readonly host: HostFacts;
}
