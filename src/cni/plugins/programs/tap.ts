import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { tap } from "../main/tap/tap.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(tap, IPAM_PLUGINS);
