/**
 * Every rule of `nodewright check`, a folder a family.
 *
 * @module
 */
import type { Rule } from "../rule.ts";
import { CLUSTER_RULES } from "./cluster/mod.ts";
import { FILE_RULES } from "./files/mod.ts";
import { KUBELET_RULES } from "./kubelet/mod.ts";
import { NETWORK_RULES } from "./network/mod.ts";
import { PROXY_RULES } from "./proxy/mod.ts";
import { RUNTIME_RULES } from "./runtime/mod.ts";
import { UNIT_RULES } from "./units/mod.ts";

/** In the order of their ids. */
export const RULES: readonly Rule[] = [
  ...RUNTIME_RULES,
  ...UNIT_RULES,
  ...KUBELET_RULES,
  ...NETWORK_RULES,
  ...PROXY_RULES,
  ...CLUSTER_RULES,
  ...FILE_RULES,
];
