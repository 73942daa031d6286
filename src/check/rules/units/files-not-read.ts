import { nearest } from "../../../base/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import type { UnitFacts } from "../../unit-facts.ts";
import { flagsOf, type UnitFlags } from "./given-flags.ts";

interface Asked {
  readonly unit: UnitFact;
  readonly given: UnitFlags;
  readonly files: NodeTree;
}

/** A flag that names a file which is not there. */
function leadsNowhere({ unit, given, files }: Asked, names: readonly string[]): Found[] {
  return given.flags.flatMap(({ name, value }): Found[] => {
    const path = value?.value;
    if (value === undefined || path === undefined || !names.includes(name)) return [];
    if (!path.startsWith("/") || /[%$]/.test(path) || files.get(path) !== undefined) return [];
    const dir = path.slice(0, path.lastIndexOf("/"));
    const near = nearest(path.slice(dir.length + 1), files.list(dir) ?? []);
    return [
      {
        severity: "error",
        message: `${unit.name} reads a file that is not there: ${name}=${path}`,
        locations: [value.location],
        fix:
          near === undefined
            ? `Install it, or write the path of the one that is meant`
            : `Write ${dir}/${near}`,
      },
    ];
  });
}

/**
 * A --config of containerd's that is not there. The kubelet's and kube-proxy's are looked at where
 * their configurations are: NW-C01, NW-C11, NW-E08.
 */
export function filesNotRead(
  facts: Pick<UnitFacts, "containerdUnit"> & { readonly files: NodeTree },
): readonly Found[] {
  const { files, containerdUnit: unit } = facts;
  if (unit === undefined) return [];
  return leadsNowhere({ unit, files, given: flagsOf(unit) }, ["--config", "-c"]);
}
