/** For tests of the command line. */
export { fakeProcess, runCommandLine } from "./fake-process.ts";
