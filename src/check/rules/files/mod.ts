/**
 * Family M: what the models of the files, the renderer and the inventory find by themselves and no
 * numbered rule claims.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { inventoryLines, rendering } from "./cluster-directory.ts";
import { complete, knownKeys, readable, units, values } from "./parsed-files.ts";
import { leadingPaths } from "./paths.ts";
import { runningPods } from "./running-pods.ts";
import { workable } from "./workable.ts";

/** In the order of their ids. */
export const FILE_RULES: readonly Rule[] = [
  readable,
  knownKeys,
  values,
  complete,
  units,
  inventoryLines,
  rendering,
  leadingPaths,
  workable,
  runningPods,
];
