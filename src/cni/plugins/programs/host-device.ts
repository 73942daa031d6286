import { IPAM_PLUGINS } from "../ipam-plugins.ts";
import { hostDevice } from "../main/host-device/host-device.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(hostDevice, IPAM_PLUGINS);
