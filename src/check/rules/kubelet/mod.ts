/**
 * Family C: the kubelet.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { kubeletAccess, servingRequests } from "./access.ts";
import { apiServerReachable } from "./api-server.ts";
import { allocatableEnforcement, reservedCapacity } from "./capacity.ts";
import { cgroupControllers, cgroupVersion } from "./cgroups.ts";
import { clusterDns } from "./cluster-dns.ts";
import { featureGates } from "./feature-gates.ts";
import { nodeLabels, removedFlags } from "./flags.ts";
import { certificateLifetime, clientIdentity } from "./identity.ts";
import { kernelDefaults, managerState } from "./machine-state.ts";
import { nodeIp } from "./node-ip.ts";
import { podAddresses } from "./pod-addresses.ts";
import { ports } from "./ports.ts";
import { cloudProvider, registeredAs } from "./registration.ts";
import { resolverFile, resolverLimits } from "./resolver.ts";
import { servingNames, tlsFiles } from "./serving-certificate.ts";
import { staticPods } from "./static-pods.ts";
import { strictDecoding } from "./strict-decoding.ts";
import { swapBehavior, swapOff } from "./swap.ts";
import { validation } from "./validation.ts";

/** In the order of their ids. */
export const KUBELET_RULES: readonly Rule[] = [
  strictDecoding,
  featureGates,
  removedFlags,
  swapOff,
  swapBehavior,
  cgroupVersion,
  cgroupControllers,
  tlsFiles,
  servingNames,
  clientIdentity,
  apiServerReachable,
  kubeletAccess,
  certificateLifetime,
  servingRequests,
  resolverFile,
  resolverLimits,
  clusterDns,
  podAddresses,
  nodeLabels,
  registeredAs,
  allocatableEnforcement,
  reservedCapacity,
  validation,
  managerState,
  kernelDefaults,
  ports,
  nodeIp,
  staticPods,
  cloudProvider,
];
