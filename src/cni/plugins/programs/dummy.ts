import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { dummy } from "../main/dummy/dummy.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(dummy, IPAM_PLUGINS);
