/**
 * Family E: kube-proxy and the kernel's networking.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { proxyIdentity, proxyNodeName } from "./identity.ts";
import { bridgeNetfilter, connectionTracking, forwarding } from "./kernel-network.ts";
import { nodePortRange, reversePath } from "./kernel-tuning.ts";
import { localTraffic } from "./local-traffic.ts";
import { iptablesMode, iptablesVersions, ipvsMode, nftablesMode, oneIptables } from "./modes.ts";
import { proxyValidation } from "./validation.ts";

/** In the order of their ids. */
export const PROXY_RULES: readonly Rule[] = [
  iptablesMode,
  nftablesMode,
  ipvsMode,
  oneIptables,
  iptablesVersions,
  proxyNodeName,
  localTraffic,
  proxyIdentity,
  bridgeNetfilter,
  forwarding,
  connectionTracking,
  reversePath,
  nodePortRange,
  proxyValidation,
];
