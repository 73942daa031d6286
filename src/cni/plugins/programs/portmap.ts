import { portmap } from "../meta/portmap/portmap.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(portmap);
