import { vrf } from "../meta/vrf/vrf.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(vrf);
