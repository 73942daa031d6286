import { type HostFacts, type NodeInput, treeOf } from "../../check/mod.ts";
import type { CollectedNode } from "./machine/mod.ts";

/** What a machine has told of itself, as facts; `aheadMs` is what its clock is ahead of ours. */
export function inputOf(
  collected: CollectedNode,
  { aheadMs }: { readonly aheadMs: number | null },
): Pick<NodeInput, "files" | "binaries" | "versions" | "host"> {
  const { files, folders, binaries, versions, host } = collected;
  const judged: HostFacts = { ...host, clock: { ...host.clock, aheadMs } };
  return {
    files: treeOf(files, { isComplete: true, folders }),
    binaries: new Map(binaries.map((binary) => [binary.path, binary])),
    versions,
    host: judged,
  };
}
