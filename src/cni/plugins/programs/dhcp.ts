import { dhcp } from "../ipam/dhcp/dhcp.ts";
import { createProgram, throwingCniErrors } from "../program.ts";

export const program = createProgram(dhcp);

/** For the plugins that call it in their process. */
export const delegate = throwingCniErrors(dhcp);
