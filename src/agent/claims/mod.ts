/**
 * ResourceClaims (dynamic resource allocation): made ready by their drivers on the node.
 *
 * Limits: drivers speak v1; ResourceSlices are the drivers' own to publish, the agent only takes away
 * those of drivers that are gone.
 *
 * @module
 */
export { ClaimDrivers } from "./claim-drivers.ts";
export { type Claim, ClaimState } from "./claim-state.ts";
export { Claims } from "./claims.ts";
export { SliceCleaner } from "./slice-cleaner.ts";
