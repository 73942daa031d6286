import { loopback } from "../main/loopback/loopback.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(loopback);
