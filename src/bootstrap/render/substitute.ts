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

/** What stands in the place of each placeholder; a machine without an IPv6 subnet has none for SUBNET6. */
export function replacePlaceholders(text: string, machine: Machine): string {
  if (!text.includes(PLACEHOLDER)) return text;
  const six = subnetOfFamily(machine, 6)?.text;
  const first = subnetOfFamily(machine, 4)?.text ?? six ?? "";
  // The longer word first; without an IPv6 subnet it is left as it is, to be seen.
  if (!text.includes(PLACEHOLDER_6)) return text.replaceAll(PLACEHOLDER, first);
  return text
    .split(PLACEHOLDER_6)
    .map((part) => part.replaceAll(PLACEHOLDER, first))
    .join(six ?? PLACEHOLDER_6);
}

/**
 * Puts a machine's pod subnets into a template as `sed "s|SUBNET|...|g"` does: every occurrence,
 * nothing else. SUBNET is the IPv4 subnet, or the IPv6 one where there is no other; SUBNET6 is
 * the IPv6 one.
 */
export function substitute(template: string, file: string, machine: Machine): Substituted {
  const text = replacePlaceholders(template, machine);
  const at = template.indexOf(PLACEHOLDER_6);
  if (at === -1 || subnetOfFamily(machine, 6) !== undefined) return { text, problems: [] };
  return { text, problems: [noIpv6Subnet(template, file, machine, at)] };
}

function noIpv6Subnet(template: string, file: string, machine: Machine, at: number): Problem {
  return {
    code: "no-ipv6-subnet",
    severity: "error",
    message: `Cannot fill in ${PLACEHOLDER_6}: the machine has no IPv6 pod subnet`,
    locations: [{ file, ...new LineIndex(template).at(at) }, machine.location],
    node: machine.name,
    fix: "Write both subnets in machines.txt, separated by a comma, or give the node a file of its own (nodes in nodewright.yaml)",
  };
}
