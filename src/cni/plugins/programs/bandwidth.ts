import { bandwidth } from "../meta/bandwidth/bandwidth.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(bandwidth);
