import { hostLocal } from "../ipam/host-local/host-local.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(hostLocal);
