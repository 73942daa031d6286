import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { macvlan } from "../main/macvlan/macvlan.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(macvlan, IPAM_PLUGINS);
