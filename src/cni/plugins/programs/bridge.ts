import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { bridge } from "../main/bridge/bridge.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(bridge, IPAM_PLUGINS);
