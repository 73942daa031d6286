import type { Problem, SourceLocation } from "../../base/mod.ts";
import type { CniConfig, Located } from "../../config/mod.ts";
import { formatCidr, parseCidr } from "../../ip/mod.ts";
import type { Machine } from "../inventory/mod.ts";
import type { CniModel } from "./models.ts";
import { PLACEHOLDER, PLACEHOLDER_6, replacePlaceholders } from "./substitute.ts";

/**
 * Whether a network that hands out addresses by itself (host-local) hands out this machine's pod
 * subnets and no others: finds a template without the placeholder, a misspelt one, and a file
 * that belongs to another node.
 */
export function checkSubnets(network: CniModel, machine: Machine): Problem[] {
  const { config, plugins, subnets, template } = network;
  if (!plugins.some((plugin) => plugin.ipamType?.value === "host-local")) return [];
  const mine = machine.podSubnets.map(({ cidr }) => formatCidr(cidr));
  const own = new Set(mine);
  const problems: Problem[] = [];
  for (const { value, location } of subnets) {
    const cidr = parseCidr(replacePlaceholders(value, machine));
    if (!cidr.ok) {
      // What the machine lacks has been said where it was put in.
      if (value !== PLACEHOLDER_6) problems.push(misspelt(value, location));
    } else if (!own.delete(formatCidr(cidr.value)) && template.includes(PLACEHOLDER)) {
      // One of its own that stands twice is a mistake of another kind.
      if (!mine.includes(formatCidr(cidr.value))) {
        problems.push(otherSubnet(value, location, machine));
      }
    }
  }
  // Ranges that are not of their form hand out nothing, which is said of the form.
  if (problems.length > 0 || own.size === 0 || plugins.some(({ hasFlatRanges }) => hasFlatRanges)) {
    return problems;
  }
  return template.includes(PLACEHOLDER)
    ? [missingSubnet([...own], config, machine)]
    : [noPlaceholder(config, subnets[0], machine)];
}

function misspelt(value: string, location: SourceLocation): Problem {
  return {
    code: "misspelt-placeholder",
    severity: "error",
    message: `Expected ${PLACEHOLDER}, the placeholder of the node's pod subnet, found "${value}"`,
    locations: [location],
    fix: `Write "${PLACEHOLDER}"`,
  };
}

function otherSubnet(value: string, location: SourceLocation, machine: Machine): Problem {
  return {
    code: "other-subnet",
    severity: "error",
    message: `The network hands out addresses that are not in a pod subnet of ${machine.name}: ${value}`,
    locations: [location, machine.location],
    node: machine.name,
    fix: `Write "${PLACEHOLDER}" in its place`,
  };
}

function missingSubnet(subnets: readonly string[], config: CniConfig, machine: Machine): Problem {
  const isSix = subnets.every((subnet) => subnet.includes(":"));
  return {
    code: "missing-subnet",
    severity: "error",
    message: `The network hands out no address of a pod subnet of ${machine.name}: ${subnets.join(", ")}`,
    locations: [config.document.at(["ipam", "ranges"]), machine.location],
    node: machine.name,
    fix: `Add a range for it to "ranges", [{"subnet": "${isSix ? PLACEHOLDER_6 : PLACEHOLDER}"}], or take the subnet out of machines.txt`,
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
