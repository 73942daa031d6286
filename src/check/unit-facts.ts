import type { SourceLocation } from "../base/mod.ts";
import type { UnitFact } from "./facts/node-facts.ts";
import type { Edit } from "./finding.ts";

/** A node's facts that are units; a rule over all of them names all three. */
export interface UnitFacts {
  readonly containerdUnit?: UnitFact | undefined;
  readonly kubeletUnit?: UnitFact | undefined;
  readonly kubeProxyUnit?: UnitFact | undefined;
}

/** The names of those facts, for `uses`. */
export const UNIT_FACTS = ["containerdUnit", "kubeletUnit", "kubeProxyUnit"] as const;

/** The units that the node has. */
export function unitsOf({
  containerdUnit,
  kubeletUnit,
  kubeProxyUnit,
}: UnitFacts): readonly UnitFact[] {
  return [containerdUnit, kubeletUnit, kubeProxyUnit].filter((unit) => unit !== undefined);
}

/** Where a key of [Service] would be added. */
export function serviceLocation({ unit }: UnitFact): SourceLocation {
  const first = unit.entries.find(({ section }) => section === "Service");
  return first?.location ?? { file: unit.file, line: 1, column: 1 };
}

/** Takes a key of [Service] out of every file of a unit that has it. */
export function removalOf({ unit }: UnitFact, key: string): readonly Edit[] {
  const files = new Set(unit.assignments("Service", key).map(({ location }) => location.file));
  return [...files].map((file) => ({ file, path: ["Service", key] }));
}
