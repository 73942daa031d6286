/** For tests of the command line. */
export { fakeProcess, requireSchemas, runCommandLine } from "./fake-process.ts";
export {
  FORMS,
  MISTAKES,
  RENDERED,
  type Spoil,
  SpoiltClusters,
  SUPPORT,
  VERSIONS,
} from "./spoil.ts";
