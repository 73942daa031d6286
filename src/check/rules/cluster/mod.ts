/**
 * Family F: the cluster, what identifies its machines, and the machines themselves.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { afterReboot } from "./after-reboot.ts";
import { bootstrapToken } from "./bootstrap-token.ts";
import { commands, firewall, kernel, kernelLimits } from "./machine-needs.ts";
import { clock, leftovers, nodeObject } from "./machine-state.ts";
import { distinctIds, distinctMachines, nodeNames } from "./machines.ts";
import { oneVersionSet, versionSkew } from "./versions.ts";

/** In the order of their ids. */
export const CLUSTER_RULES: readonly Rule[] = [
  versionSkew,
  nodeNames,
  distinctMachines,
  distinctIds,
  clock,
  leftovers,
  nodeObject,
  firewall,
  kernel,
  commands,
  kernelLimits,
  bootstrapToken,
  oneVersionSet,
  afterReboot,
];
