import { CNI_ERROR, CniError } from "../../errors.ts";
import type { PluginRequest } from "../../skel/plugin.ts";

/** The CniError of an ADD that finds a link of its name in the pod (SPEC 1.1, section 2, "ADD"). */
export function nameTaken({ ifName, netns }: PluginRequest): CniError {
  return new CniError(
    CNI_ERROR.internal,
    `Cannot create the interface "${ifName}": "${netns}" has a link of that name`,
  );
}
