import { clusterRule } from "../../rule.ts";
import { unclaimed } from "./unclaimed.ts";

const FACTS = { stages: ["files"], uses: ["nodes"] } as const;

/** NW-M06 */
export const inventoryLines = clusterRule({
  ...FACTS,
  id: "NW-M06",
  severity: "error",
  title: "machines.txt and nodewright.yaml say what nodewright can follow",
  places: ["machines.txt", "nodewright.yaml"],
  symptom: "The machine, the setting or the override is left out: apply does not touch the node.",
  why:
    "A line with a column too few, a machine that is not in machines.txt or a source that a " +
    "component does not have cannot be guessed at.",
  fix: "Write each line as IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]; nodewright explain nodewright.yaml lists the settings.",
  provoked: { not: "nodewright itself refuses it before a machine is reached" },
  needs: ["inventory"],
  check: ({ nodes = [], inventory }) => unclaimed("NW-M06", { nodes, inventory }),
});

/** NW-M07 */
export const rendering = clusterRule({
  ...FACTS,
  id: "NW-M07",
  severity: "error",
  title: "The directory can be made into files for each of its nodes",
  places: ["configs/*", "machines.txt", "certificates and kubeconfigs of the directory"],
  symptom:
    "The node would get a file that is not meant for it, or lack one: its pods have no way out, or in.",
  why: "The templates, the inventory and the certificates have to fit each other before a node is touched.",
  fix: "Fix the template or the line of machines.txt that the message names.",
  provoked: { not: "nodewright itself refuses it before a machine is reached" },
  needs: ["inventory"],
  check: ({ nodes = [], inventory }) => unclaimed("NW-M07", { nodes, inventory }),
});
