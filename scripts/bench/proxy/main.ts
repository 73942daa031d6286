/** The measuring process, alone in its network namespace: its argument is what to measure, as JSON. */
import { measureProxy } from "./measure-proxy.ts";

const { asked, program } = JSON.parse(process.argv[2] ?? "");
console.log(JSON.stringify(await measureProxy(asked, program)));
process.exit(0);
