/**
 * A Kubernetes control plane for trying and testing, in one process: the API server over SQLite.
 * Not for production: one instance, no encryption at rest, no audit log, no webhooks.
 *
 * @module
 */
export {
  type ControlPlane,
  type ControlPlaneDeps,
  runControlPlane,
  startControlPlane,
} from "./run-control-plane.ts";
export { type ControlPlaneFlags, type ControlPlaneSettings, loadSettings } from "./settings.ts";
