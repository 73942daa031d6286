import { CNI_ERROR, CniError } from "../../errors.ts";
import type { CniResult } from "../../result/types.ts";
import type { PluginRequest } from "../../skel/plugin.ts";

/** What the plugins before this one made; CniError 7 for a plugin that comes first in a list. */
export function requirePrevResult({ conf }: PluginRequest): CniResult {
  if (conf.prevResult !== undefined) return conf.prevResult;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot ADD with "${conf.type}" alone: prevResult is missing, it must come after another plugin in the list`,
  );
}
