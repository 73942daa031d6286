/**
 * Certificate signing requests: what they ask for, what the signers of Kubernetes refuse, and
 * which serving certificate of a kubelet an installer may approve. Nothing here signs.
 *
 * @module
 */
export { type ApproveOptions, approveServing } from "./approve-serving.ts";
export { judgeServingRequest, type ServingNode, type ServingVerdict } from "./judge-serving.ts";
export { SIGNER, signerProblem } from "./signers.ts";
