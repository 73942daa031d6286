/**
 * A control plane for tests.
 *
 * @module
 */
export { createTestControlPlane, type TestControlPlane } from "./test-control-plane.ts";
