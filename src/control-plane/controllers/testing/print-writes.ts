import type { Write } from "../lib/mod.ts";

/** Writes in short, for comparison: `create Pod`, `update ReplicaSet web-1 (status)`. */
export function printWrites(writes: readonly Write[]): readonly string[] {
  return writes.map((write) => {
    if (write.verb === "event") return `event ${write.event.reason}`;
    const { metadata } = write.object;
    const name = metadata.generateName === undefined ? metadata.name : `${metadata.generateName}*`;
    const part =
      "subresource" in write && write.subresource !== undefined ? ` (${write.subresource})` : "";
    return `${write.verb} ${write.type.kind} ${name}${part}`;
  });
}
