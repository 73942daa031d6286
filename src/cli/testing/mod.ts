/** For tests of the command line. */
export { fakeProcess, requireSchemas, runCommandLine } from "./fake-process.ts";
