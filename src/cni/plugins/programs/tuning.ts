import { tuning } from "../meta/tuning/tuning.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(tuning);
