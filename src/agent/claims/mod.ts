/**
 * ResourceClaims (dynamic resource allocation): made ready by their drivers on the node.
 *
 * Limits: drivers speak v1; ResourceSlices are the drivers' own to publish.
 *
 * @module
 */
export { ClaimDrivers } from "./claim-drivers.ts";
export { type Claim, ClaimState } from "./claim-state.ts";
export { Claims } from "./claims.ts";
