import type { KubeletConfig } from "../kubelet-config.ts";
import { validateImages, validateLifecycle, validateLogs } from "./validate-fields.ts";
import {
  validateEviction,
  validateManagers,
  validateReservedMemory,
} from "./validate-resources.ts";
import { validateNode, validateServer } from "./validate-server.ts";
import { type Refusal, Validation } from "./validation.ts";

const STEPS = [
  validateNode,
  validateServer,
  validateImages,
  validateLifecycle,
  validateLogs,
  validateManagers,
  validateReservedMemory,
  validateEviction,
];

/**
 * What the kubelet refuses when it validates its configuration: ranges, and pairs that depend on
 * each other. `minor` is the kubelet's version 1.MINOR, undefined where it is not known.
 */
export function validateKubelet(
  config: KubeletConfig,
  minor: number | undefined,
): readonly Refusal[] {
  const validation = new Validation(config, minor);
  for (const step of STEPS) step(validation);
  return validation.refusals;
}
