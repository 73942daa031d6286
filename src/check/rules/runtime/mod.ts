/**
 * Family A: the container runtime and the kubelet.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { cgroupDriver } from "./cgroup-driver.ts";

/** In the order of their ids. */
export const RUNTIME_RULES: readonly Rule[] = [cgroupDriver];
