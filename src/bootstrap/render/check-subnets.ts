import type { Problem } from "../../base/mod.ts";
import type { CniConfig, Located } from "../../config/mod.ts";
import { formatCidr, parseCidr } from "../../ip/mod.ts";
import type { Machine } from "../inventory/mod.ts";
import type { CniModel } from "./models.ts";
import { PLACEHOLDER } from "./substitute.ts";

/**
 * Whether a network that hands out addresses by itself (host-local) hands out this machine's pod
 * subnets and no others: finds a template without the placeholder, a misspelt one, and a file
 * that belongs to another node.
 */
export function checkSubnets(network: CniModel, template: string, machine: Machine): Problem[] {
  const { config, plugins } = network;
  const subnets = plugins.flatMap((plugin) => plugin.subnets);
  if (!plugins.some((plugin) => plugin.ipamType?.value === "host-local")) return [];
  const own = new Set(machine.podSubnets.map(({ cidr }) => formatCidr(cidr)));
  const problems: Problem[] = [];
  for (const { value, location } of subnets) {
    const cidr = parseCidr(value);
    if (!cidr.ok) {
      problems.push({
        code: "misspelt-placeholder",
        severity: "error",
        message: `Expected ${PLACEHOLDER}, the placeholder of the node's pod subnet, found "${describe(value, machine)}"`,
        locations: [location],
        fix: `Write "${PLACEHOLDER}"`,
      });
    } else if (!own.delete(formatCidr(cidr.value)) && template.includes(PLACEHOLDER)) {
      problems.push(otherSubnet(value, location, machine));
    }
  }
  if (problems.length > 0 || own.size === 0) return problems;
  return template.includes(PLACEHOLDER)
    ? [missingSubnet([...own].join(", "), config, machine)]
    : [noPlaceholder(config, subnets[0], machine)];
}

/** What the template says at that place, as far as it can be told: `<10.200.0.0/24>` was `<SUBNET>`. */
function describe(value: string, machine: Machine): string {
  return machine.podSubnets.reduce(
    (text, { text: own }) => text.replaceAll(own, PLACEHOLDER),
    value,
  );
}

function otherSubnet(
  value: string,
  location: Problem["locations"][number],
  machine: Machine,
): Problem {
  return {
    code: "other-subnet",
    severity: "error",
    message: `The network hands out addresses that are not in a pod subnet of ${machine.name}: ${value}`,
    locations: [location, machine.location],
    node: machine.name,
    fix: `Write "${PLACEHOLDER}" in its place`,
  };
}

function missingSubnet(subnets: string, config: CniConfig, machine: Machine): Problem {
  return {
    code: "missing-subnet",
    severity: "error",
    message: `The network hands out no address of a pod subnet of ${machine.name}: ${subnets}`,
    locations: [config.document.at(["ipam", "ranges"]), machine.location],
    node: machine.name,
    fix: 'Add a range for the IPv6 subnet, [{"subnet": "SUBNET6"}], or take the subnet out of machines.txt',
  };
}

function noPlaceholder(
  config: CniConfig,
  first: Located<string> | undefined,
  machine: Machine,
): Problem {
  if (first !== undefined) {
    return {
      code: "no-placeholder",
      severity: "error",
      message: `Every node would get the same pod subnet, and ${machine.name} has another one: ${first.value}`,
      locations: [first.location, machine.location],
      node: machine.name,
      fix: `Write "${PLACEHOLDER}" in its place`,
    };
  }
  return {
    code: "no-placeholder",
    severity: "error",
    message: `Cannot find the placeholder of the node's pod subnet: ${PLACEHOLDER}`,
    locations: [config.document.at([])],
    fix: `Write "${PLACEHOLDER}" where the subnet belongs, e.g. "ranges": [[{"subnet": "${PLACEHOLDER}"}]]`,
  };
}
