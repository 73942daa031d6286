/**
 * Family D: the pods' network.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { hairpin, masquerade, portMappings } from "./bridge-options.ts";
import { bridgeAddress, leakedLeases } from "./bridge-state.ts";
import { cniVersion } from "./cni-version.ts";
import { cniDirectories, firstNetwork, loopbackNetwork } from "./conf-dir.ts";
import { listForm, parsableNetworks } from "./conf-files.ts";
import { disjointNetworks } from "./foreign-networks.ts";
import { hostLocalRanges } from "./host-local.ts";
import { networkManagers } from "./network-managers.ts";
import { pluginExecutables } from "./plugin-executables.ts";
import { forwarding, ipv6, mtu, podRoutes } from "./reach.ts";
import { disjointSubnets, nodePodCidr, subnetsInCluster } from "./subnets.ts";

/** In the order of their ids. */
export const NETWORK_RULES: readonly Rule[] = [
  cniDirectories,
  firstNetwork,
  loopbackNetwork,
  parsableNetworks,
  listForm,
  cniVersion,
  pluginExecutables,
  hostLocalRanges,
  disjointSubnets,
  subnetsInCluster,
  disjointNetworks,
  nodePodCidr,
  bridgeAddress,
  leakedLeases,
  masquerade,
  hairpin,
  portMappings,
  mtu,
  podRoutes,
  forwarding,
  networkManagers,
  ipv6,
];
