/**
 * KubeletConfiguration, kubelet.config.k8s.io/v1beta1. Read: the reference of Kubernetes 1.35 and
 * the defaults in the kubelet's source; of 1.36 the one field it adds (memoryReservationPolicy).
 * 126 keys with apiVersion and kind, as 1.36 has.
 */
import { choice, object, required } from "../schema/schema.ts";
import {
  apiFields,
  lifecycleFields,
  observabilityFields,
  podSourceFields,
  registrationFields,
} from "./kubelet-node.ts";
import {
  cgroupFields,
  evictionFields,
  managerFields,
  podLimitFields,
  reservationFields,
  swapFields,
} from "./kubelet-resources.ts";
import {
  containerLogFields,
  imageFields,
  networkFields,
  runtimeFields,
} from "./kubelet-runtime.ts";
import { serverFields } from "./kubelet-server.ts";

/** Every key of the file that the kubelet's --config names. */
export const kubeletConfiguration = object({
  apiVersion: required(choice(["kubelet.config.k8s.io/v1beta1"])),
  kind: required(choice(["KubeletConfiguration"])),
  ...serverFields,
  ...registrationFields,
  ...apiFields,
  ...podSourceFields,
  ...lifecycleFields,
  ...observabilityFields,
  ...runtimeFields,
  ...imageFields,
  ...containerLogFields,
  ...networkFields,
  ...cgroupFields,
  ...podLimitFields,
  ...reservationFields,
  ...managerFields,
  ...evictionFields,
  ...swapFields,
});
