import { CNI_ERROR, CniError } from "../../errors.ts";
import type { PluginRequest } from "../../skel/plugin.ts";

/** A CniError 999 of a CHECK that found something else than ADD had made. */
export function checkFailed(
  request: Pick<PluginRequest, "containerId" | "ifName">,
  what: string,
): CniError {
  return new CniError(
    CNI_ERROR.internal,
    `CHECK of container "${request.containerId}", interface "${request.ifName}": ${what}`,
  );
}
