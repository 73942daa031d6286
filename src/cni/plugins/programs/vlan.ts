import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { vlan } from "../main/vlan/vlan.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(vlan, IPAM_PLUGINS);
