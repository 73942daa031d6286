import { nearest, UsageError } from "../../base/mod.ts";
import type { Cluster } from "./cluster.ts";
import { isWorker, type Machine } from "./machine.ts";

/**
 * The workers that a command is to work on: those named (by HOSTNAME, each once, in the
 * inventory's order), or all. Throws UsageError for a name that is no worker.
 */
export function selectNodes(cluster: Cluster, names: readonly string[]): readonly Machine[] {
  return select(cluster, names, cluster.workers);
}

/**
 * The same for commands that change machines or look at what was changed: machines without a pod
 * subnet are among them where they get routes.
 */
export function selectManaged(cluster: Cluster, names: readonly string[]): readonly Machine[] {
  return select(cluster, names, cluster.managed);
}

function select(
  cluster: Cluster,
  names: readonly string[],
  from: readonly Machine[],
): readonly Machine[] {
  if (names.length === 0) return from;
  const known = new Map(cluster.machines.map((machine) => [machine.name, machine]));
  const wanted = new Set(names);
  for (const name of wanted) {
    const machine = known.get(name);
    if (machine === undefined) {
      const near = nearest(name, known.keys());
      throw new UsageError(`No machine has this name: "${name}"`, {
        fix:
          near === undefined
            ? "Give names of machines.txt (its third column)"
            : `Did you mean "${near}"?`,
      });
    }
    if (!from.includes(machine) && !isWorker(machine)) {
      throw new UsageError(`Not a worker node: "${name}"`, {
        locations: [machine.location],
        fix: "A worker has a pod subnet in the fourth column of machines.txt",
      });
    }
  }
  return from.filter((machine) => wanted.has(machine.name));
}
