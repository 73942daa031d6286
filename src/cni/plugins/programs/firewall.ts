import { firewall } from "../meta/firewall/firewall.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(firewall);
