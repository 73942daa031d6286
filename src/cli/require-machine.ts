import { nearest, UsageError } from "../base/mod.ts";
import type { Cluster, Machine } from "../bootstrap/inventory/mod.ts";

/** A machine by its name or FQDN, worker or not; a misspelt name is answered with the nearest. */
export function requireMachine({ machines }: Cluster, name: string): Machine {
  const found = machines.find((machine) => machine.name === name || machine.fqdn === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    machines.map((machine) => machine.name),
  );
  throw new UsageError(`No machine has this name: "${name}"`, {
    fix:
      near === undefined
        ? "Give a name of machines.txt (its third column)"
        : `Did you mean "${near}"?`,
  });
}
