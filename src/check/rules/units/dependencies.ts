import type { Located, UnitFile } from "../../../config/mod.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Edit, Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

/** Ties that stop the kubelet, or restart it, when containerd is stopped. */
const TIGHT = ["Requires", "BindsTo", "PartOf", "Requisite"] as const;

function named(unit: UnitFile, key: string, name: string): Located<string> | undefined {
  return unit.words("Unit", key).find(({ value }) => value === name);
}

/** Writes a list key anew; undefined where it stands in several places. */
function edited(
  unit: UnitFile,
  key: string,
  change: (words: readonly string[]) => readonly string[],
): readonly Edit[] | undefined {
  const entries = unit.assignments("Unit", key);
  if (entries.length > 1) return undefined;
  const words = change(unit.words("Unit", key).map(({ value }) => value));
  const file = entries[0]?.location.file ?? unit.file;
  const base = { file, path: ["Unit", key] };
  return [words.length === 0 ? base : { ...base, set: words.join(" ") }];
}

/** Whether both come up without a word of each other. */
function startsAnyway(unit: UnitFile, name: string, files: NodeTree | undefined): boolean {
  const wanted = files?.list("/etc/systemd/system/multi-user.target.wants") ?? [];
  return (
    files?.isComplete === true &&
    wanted.includes(name) &&
    unit.value("Service", "Restart")?.value === "always"
  );
}

/** NW-B01 */
export const kubeletDependency = nodeRule({
  id: "NW-B01",
  severity: "warning",
  title: "The kubelet wants containerd and starts after it, without being tied to it",
  stages: ["files"],
  places: ["kubelet.service: After, Wants, Requires, BindsTo, PartOf"],
  symptom:
    "After `systemctl stop containerd`, as an upgrade does it, the kubelet is inactive, and nothing " +
    "starts it again: the node is NotReady 40 seconds later. Without After= the first start fails.",
  why:
    "Requires= and BindsTo= stop the kubelet with containerd; a later start of containerd does not " +
    "start it. Restart= does not help: a stop on purpose is no failure. Wants= starts containerd and is " +
    "no more than that; the kubelet waits for its socket by itself. After= is the order alone and needs one of the others.",
  fix: "Write After=containerd.service and Wants=containerd.service, no Requires=.",
  provoked: {
    how: "Requires=containerd.service and `systemctl stop containerd`: the kubelet's unit is inactive",
  },
  needs: ["kubeletUnit", "containerdUnit"],
  uses: ["files"],
  check({ kubeletUnit: { unit }, containerdUnit: { name }, files }) {
    const found: Found[] = [];
    const wants = named(unit, "Wants", name);
    const add = (key: string) => edited(unit, key, (words) => [...words, name]);
    for (const key of TIGHT) {
      const tie = named(unit, key, name);
      if (tie === undefined) continue;
      const without = edited(unit, key, (words) => words.filter((word) => word !== name));
      const wanted = wants === undefined ? add("Wants") : [];
      found.push({
        message: `Stopping containerd stops the kubelet as well, and nothing starts it again: ${key}=${name}`,
        locations: [tie.location],
        fix: `Write Wants=${name} instead`,
        ...(without === undefined || wanted === undefined
          ? {}
          : { edits: [...without, ...wanted] }),
      });
    }
    const after = named(unit, "After", name);
    const isWanted = wants !== undefined || found.length > 0;
    const location = unit.entries[0]?.location ?? { file: unit.file, line: 1, column: 1 };
    // As kubeadm's package has it: each starts at boot, and the kubelet until containerd answers.
    if (startsAnyway(unit, name, files)) return found;
    const missing = [...(after === undefined ? ["After"] : []), ...(isWanted ? [] : ["Wants"])];
    for (const key of missing) {
      const edits = add(key);
      found.push({
        message:
          key === "After"
            ? `The kubelet may start before containerd: After= does not name ${name}`
            : `The kubelet's unit does not start containerd: Wants= does not name ${name}`,
        locations: [location],
        fix: `Add ${name} to ${key}= in [Unit]`,
        ...(edits === undefined ? {} : { edits }),
      });
    }
    return found;
  },
});
