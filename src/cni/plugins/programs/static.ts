import { staticIpam } from "../ipam/static/static.ts";
import { createProgram } from "../program.ts";

export const program = createProgram(staticIpam);
