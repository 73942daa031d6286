import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { ipvlan } from "../main/ipvlan/ipvlan.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(ipvlan, IPAM_PLUGINS);
