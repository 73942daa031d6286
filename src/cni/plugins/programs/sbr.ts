import { sbr } from "../meta/sbr/sbr.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(sbr);
