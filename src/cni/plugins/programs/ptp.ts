import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { ptp } from "../main/ptp/ptp.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(ptp, IPAM_PLUGINS);
