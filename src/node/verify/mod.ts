/**
 * The node's half of `nodewright verify`: two real pods through CRI, what they see of their own
 * node and of the other nodes' pods and hosts, and that nothing is left of them. Each failed check
 * names the probable cause, found by looking at the host.
 *
 * Limits: the image must be busybox; pods are made through CRI, which a running kubelet undoes
 * within seconds (it removes pods that the API server does not know). There, let the API server
 * make the pods (command VERIFY_POD_COMMAND) and name them by `podUids`.
 *
 * @module
 */
export { NodeVerifier, type VerifyDeps } from "./node-verifier.ts";
export {
  VERIFY_PHASES,
  type VerifyPhase,
  type VerifyPhaseResults,
  VerifySession,
} from "./verify-node.ts";
export type { ResolvConf, VerifyOptions, VerifyPeer, VerifyServices } from "./verify-options.ts";
export { POD_PORT as VERIFY_POD_PORT, VERIFY_POD_COMMAND } from "./verify-pods.ts";
export {
  VERIFY_CHECKS,
  type VerifyCheck,
  type VerifyCheckName,
  VerifyError,
  type VerifyEvent,
  type VerifyReport,
} from "./verify-report.ts";
