import { LineIndex, type Problem } from "../../base/mod.ts";
import { type Machine, subnetOfFamily } from "../inventory/mod.ts";

/** What stands in templates for the node's (first) pod subnet, and for its IPv6 one. */
export const PLACEHOLDER = "SUBNET";
export const PLACEHOLDER_6 = "SUBNET6";

/** A template's text for one node. */
export interface Substituted {
  readonly text: string;
  readonly problems: readonly Problem[];
}

/**
 * Puts a machine's pod subnets into a template as `sed "s|SUBNET|...|g"` does: every occurrence,
 * nothing else. SUBNET is the IPv4 subnet, or the IPv6 one where there is no other; SUBNET6 is
 * the IPv6 one.
 */
export function substitute(template: string, file: string, machine: Machine): Substituted {
  if (!template.includes(PLACEHOLDER)) return { text: template, problems: [] };
  const six = subnetOfFamily(machine, 6)?.text;
  const first = subnetOfFamily(machine, 4)?.text ?? six ?? "";
  const problems: Problem[] = [];
  let text = template;
  const at = template.indexOf(PLACEHOLDER_6);
  if (at !== -1) {
    if (six === undefined) problems.push(noIpv6Subnet(template, file, machine, at));
    else text = text.replaceAll(PLACEHOLDER_6, six);
  }
  return { text: text.replaceAll(PLACEHOLDER, first), problems };
}

function noIpv6Subnet(template: string, file: string, machine: Machine, at: number): Problem {
  return {
    code: "no-ipv6-subnet",
    severity: "error",
    message: `Cannot fill in ${PLACEHOLDER_6}: the machine has no IPv6 pod subnet`,
    locations: [{ file, ...new LineIndex(template).at(at) }, machine.location],
    node: machine.name,
    fix: "Write both subnets in machines.txt, parted by a comma, or give the node a file of its own (nodes in nodewright.yaml)",
  };
}
