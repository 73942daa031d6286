/**
 * The lab's control plane on its machine `server`: the official programs of a directory of the
 * user's, with the tutorial's units, places and certificates.
 *
 * @module
 */
export { ensureControlPlane } from "./ensure-control-plane.ts";
export { ensureLabPki, hostKubeconfig, writeHostKubeconfig } from "./ensure-pki.ts";
export { findPrograms, OFFICIAL_PROGRAMS, type OfficialProgram } from "./official-programs.ts";
export { builtinParts, type ControlPlanePart, officialParts } from "./parts.ts";
