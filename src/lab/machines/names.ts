import { err, ok, type Result } from "../../base/mod.ts";

/** IFNAMSIZ of linux/if.h is 16 with the closing zero. */
const LONGEST_LINK_NAME = 15;
const LONGEST_LAB_NAME = 20;

export const DEFAULT_LAB = "default";

/** What follows a `nodewright lab` command to mean this lab: nothing for the default one. */
export function labOption(labName: string): string {
  return labName === DEFAULT_LAB ? "" : ` --name ${labName}`;
}

/** A lab's name becomes part of link, cgroup and machine names: letters, digits, hyphens inside. */
export function validateLabName(name: string): Result<string, string> {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= LONGEST_LAB_NAME) {
    return ok(name);
  }
  return err(
    `expected 1 to ${LONGEST_LAB_NAME} lower case letters, digits and inner hyphens, found "${name}"`,
  );
}

/** The name of a lab's bridge: `nwlab-NAME`, or a hash of the name where that is too long. */
export function bridgeName(labName: string): string {
  const plain = `nwlab-${labName}`;
  if (plain.length <= LONGEST_LINK_NAME) return plain;
  return `nwlab-${sha256(labName).slice(0, 9)}`;
}

/**
 * The MAC of a lab's bridge, made of its name: the one mark that a link can be born with, so an
 * interrupted `up` never leaves a bridge that nobody knows. It also keeps the bridge from taking
 * over its ports' MACs, which change as machines come and go.
 */
export function bridgeMac(labName: string): string {
  const bytes = sha256(labName).match(/../g) ?? [];
  // 02: locally administered, unicast; then "nw"
  return ["02", "6e", "77", ...bytes.slice(0, 3)].join(":");
}

/** What marks a firewall rule or table as this lab's, so that nothing of others is ever taken away. */
export function labMark(labName: string): string {
  return `nodewright-lab:${labName}`;
}

/** The name under which systemd-nspawn and cgroups know a machine; unique on the host. */
export function nspawnName(labName: string, machineName: string): string {
  return `nwlab-${labName}-${machineName}`;
}

/** The host names of a lab's machines, in order: node-0, node-1, ... */
export function machineNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `node-${i}`);
}

/** The machine of the control plane, as the tutorial calls it. */
export const SERVER_NAME = "server";

/** The FQDN that the origin's machines.txt gives to a host name. */
export function machineFqdn(name: string): string {
  return `${name}.kubernetes.local`;
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
