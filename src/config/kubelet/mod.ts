/**
 * The configuration that a kubelet has in effect: defaults, file, drop-ins and flags in its own
 * precedence, every value with the place where it was set.
 *
 * @module
 */
export { effectiveKubelet, type KubeletSources } from "./effective-kubelet.ts";
export { KUBELET_FLAG_KINDS } from "./flag-kinds.ts";
export { KUBELET_FLAGS, REMOVED_KUBELET_FLAGS, type RemovedFlag } from "./flag-table.ts";
export { parseNodeLabels } from "./structured-flags.ts";
export { isGateOn } from "./validation/gates.ts";
export { TLS_CIPHER_SUITES } from "./validation/kubelet-values.ts";
export {
  type EvictionThreshold,
  evictionThreshold,
  reservationPlaces,
  reserved,
} from "./validation/reservations.ts";
export { validateKubelet } from "./validation/validate-kubelet.ts";
export type { Refusal } from "./validation/validation.ts";
