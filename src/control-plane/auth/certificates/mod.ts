/**
 * Certificate signing requests: what they ask for, which are approved without help, and their
 * signing for kubelets and clients of the API server.
 *
 * @module
 */
export {
  type CertificateControllerDeps,
  runCertificateController,
} from "./certificate-controller.ts";
export { planRequest, type RequestStep } from "./plan-request.ts";
