import { messageOf } from "../../../../base/mod.ts";
import type { InterfaceAddress, IpAddress } from "../../../../ip/mod.ts";
import { Conn, NetlinkError } from "../../../../netlink/mod.ts";
import { openNftIfThere, probeNft } from "../../../../nft/mod.ts";
import { findLink, getRouteTo, type Link } from "../../../../rtnl/mod.ts";
import { FileLock } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError, FIRST_OWN_CODE } from "../../../errors.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { Iptables } from "../../lib/iptables/mod.ts";
import type { Owner } from "../../lib/owner.ts";
import { writeSysctl } from "../../lib/sysctl.ts";
import {
  collectIptablesPortmap,
  findIptablesConflicts,
  missingIptablesPortmap,
  setUpIptablesPortmap,
  tearDownIptablesPortmap,
} from "./iptables-portmap.ts";
import {
  collectNftPortmap,
  findNftConflicts,
  missingNftPortmap,
  setUpNftPortmap,
  tearDownNftPortmap,
} from "./nft-portmap.ts";
import {
  mappingText,
  type PortmapBackend,
  type PortmapConf,
  parsePortmapConf,
  podAddresses,
} from "./portmap-conf.ts";
import { runNft } from "./run-nft.ts";
import { forgetOldWays, forgetWaysTo } from "./stale-connections.ts";

/** A port that another container has, where `refuseConflicts` is set. */
const PORT_TAKEN = FIRST_OWN_CODE;

/** Between looking for conflicts and setting ports up, nobody else does. */
const LOCK = "/run/nodewright/portmap.lock";

/** Leads ports of the host to the pod: the capability `portMappings`. */
export const portmap: Plugin = {
  name: "portmap",
  supportedVersions: SPEC_VERSIONS,

  add(request, host) {
    const conf = parsePortmapConf(request.conf);
    const { prevResult } = request.conf;
    if (prevResult === undefined) {
      throw new CniError(CNI_ERROR.invalidConfig, "Cannot map ports: portmap must be chained");
    }
    if (conf.mappings.length === 0) return prevResult;
    const addresses = podAddresses(prevResult, request.ifName);
    for (const line of deadMappings(conf, addresses)) host.log(line);
    using netfilter = openNftIfThere();
    try {
      setUp({ request, host, conf, netfilter, addresses });
    } catch (thrown) {
      tearDown(netfilter, host, ownerOf(request));
      throw thrown;
    }
    if (netfilter !== undefined) {
      for (const address of addresses) {
        // The ports are mapped; what was open before ends some time by itself.
        logFailure(host, () => forgetOldWays(netfilter, conf.mappings, address));
      }
    }
    return prevResult;
  },

  del(request, host) {
    using netfilter = openNftIfThere();
    const removed = tearDown(netfilter, host, ownerOf(request));
    if (netfilter === undefined) return;
    const pods = new Map<bigint, IpAddress>();
    for (const address of removed) pods.set(address.value, address);
    const { prevResult } = request.conf;
    for (const { address } of prevResult === undefined
      ? []
      : podAddresses(prevResult, request.ifName)) {
      pods.set(address.value, address);
    }
    for (const pod of pods.values()) logFailure(host, () => forgetWaysTo(netfilter, pod));
  },

  check(request, host) {
    const conf = parsePortmapConf(request.conf);
    const { prevResult } = request.conf;
    if (prevResult === undefined || conf.mappings.length === 0) return;
    using netfilter = openNftIfThere();
    const owner = ownerOf(request);
    const missing = podAddresses(prevResult, request.ifName).flatMap((address) => {
      const what = { owner, conf, address };
      const inNft =
        netfilter === undefined || conf.backend === "iptables"
          ? undefined
          : missingNftPortmap(netfilter, what);
      if (inNft?.length === 0 || conf.backend === "nftables") return inNft ?? ["nftables"];
      if (!hasIptables(host, address.address.family)) return inNft ?? ["iptables"];
      const inIptables = missingIptablesPortmap(host.env, what);
      // Ports may have been mapped when the other backend was the one to take.
      return inIptables.length === 0 ? [] : (inNft ?? inIptables);
    });
    if (missing.length > 0) throw checkFailed(request, `${missing.join(", ")} is missing`);
  },

  async gc(request, host) {
    const { name, validAttachments } = request.conf;
    if (validAttachments === undefined) return;
    using netfilter = openNftIfThere();
    await attemptAll([
      () => {
        if (netfilter === undefined) return;
        for (const { address } of collectNftPortmap(netfilter, name, validAttachments)) {
          logFailure(host, () => forgetWaysTo(netfilter, address));
        }
      },
      () => collectIptablesPortmap({ conn: netfilter, env: host.env }, name, validAttachments),
    ]);
  },

  status(request, host) {
    const { backend } = parsePortmapConf(request.conf);
    if (backend !== "iptables" && probeNft()) return;
    if (backend !== "nftables" && hasIptables(host, 4)) return;
    throw noBackend(CNI_ERROR.notAvailable, backend);
  },
};

/** Mappings of an address whose family the pod lacks lead nowhere: that should be known. */
function deadMappings(
  { mappings }: PortmapConf,
  addresses: readonly InterfaceAddress[],
): readonly string[] {
  return mappings.flatMap((mapping) => {
    const family = mapping.hostIp?.family ?? mapping.onlyFamily;
    if (family === undefined || addresses.some((one) => one.address.family === family)) return [];
    return `portmap: ${mappingText(mapping)} is not mapped: the pod has no IPv${family} address`;
  });
}

interface SetUp {
  readonly request: PluginRequest;
  readonly host: PluginHost;
  readonly conf: PortmapConf;
  readonly netfilter: Conn | undefined;
  readonly addresses: readonly InterfaceAddress[];
}

function setUp({ request, host, conf, netfilter, addresses }: SetUp): void {
  const owner = ownerOf(request);
  using _lock = conf.refuseConflicts ? FileLock.acquireBlocking(LOCK) : undefined;
  for (const address of addresses) {
    const what = { owner, conf, address };
    const { family } = address.address;
    const backend = chooseBackend(conf, netfilter, host);
    if (conf.refuseConflicts)
      refuseConflicts(what, netfilter, backend === "iptables" ? host : undefined);
    if (backend === "iptables") setUpIptablesPortmap(host.env, what);
    else if (netfilter !== undefined) {
      setUpNftPortmap(netfilter, what, (ruleset) => runNft(host.env, ruleset));
    }
    if (conf.snat && family === 4) routeLocalnet(address.address);
  }
}

function refuseConflicts(
  what: Parameters<typeof findNftConflicts>[1],
  netfilter: Conn | undefined,
  iptablesHost: PluginHost | undefined,
): void {
  const conflicts = [
    ...(netfilter === undefined ? [] : findNftConflicts(netfilter, what)),
    ...(iptablesHost === undefined ? [] : findIptablesConflicts(iptablesHost.env, what)),
  ];
  const [first] = conflicts;
  if (first === undefined) return;
  throw new CniError(
    PORT_TAKEN,
    `Cannot map ${first.port}: container "${first.containerId}" has it`,
    {
      fix: "Take another host port, or delete that container's attachment (DEL or GC)",
    },
  );
}

function chooseBackend(
  conf: PortmapConf,
  netfilter: Conn | undefined,
  host: PluginHost,
): PortmapBackend {
  if (conf.backend !== "iptables" && netfilter !== undefined) return "nftables";
  // An explicit iptables that is missing is told of by its own first call.
  if (conf.backend === "iptables" || (conf.backend === undefined && hasIptables(host, 4))) {
    return "iptables";
  }
  throw noBackend(CNI_ERROR.internal, conf.backend);
}

/** Removes what any backend made for a container; gives the addresses that ports led to. */
function tearDown(
  netfilter: Conn | undefined,
  host: PluginHost,
  owner: Owner,
): readonly IpAddress[] {
  const removed = netfilter === undefined ? [] : tearDownNftPortmap(netfilter, owner);
  tearDownIptablesPortmap({ conn: netfilter, env: host.env }, owner);
  return removed.map(({ address }) => address);
}

/**
 * Lets packets from 127.0.0.1 leave through the link that leads to the pod: the kernel takes them
 * for strayed otherwise.
 */
function routeLocalnet(pod: IpAddress): void {
  using conn = Conn.open();
  const link = linkTo(conn, pod);
  if (link !== undefined) writeSysctl(`net/ipv4/conf/${link.name}/route_localnet`, "1");
}

/** The link that a pod is reached by; undefined where nothing leads to it (yet). */
function linkTo(conn: Conn, pod: IpAddress): Link | undefined {
  try {
    const { linkIndex } = getRouteTo(conn, pod);
    return linkIndex === undefined ? undefined : findLink(conn, linkIndex);
  } catch (thrown) {
    if (thrown instanceof NetlinkError) return undefined;
    throw thrown;
  }
}

function ownerOf({ conf, containerId, ifName }: PluginRequest): Owner {
  return { network: conf.name, containerId, ifName };
}

function hasIptables(host: PluginHost, family: 4 | 6): boolean {
  return new Iptables(family, { env: host.env }).isInstalled;
}

function logFailure(host: PluginHost, body: () => void): void {
  try {
    body();
  } catch (thrown) {
    host.log(messageOf(thrown));
  }
}

function noBackend(code: number, backend: PortmapBackend | undefined): CniError {
  const what =
    backend === undefined ? "neither nftables nor iptables is there" : `${backend} is not there`;
  return new CniError(code, `Cannot map ports: ${what}`, {
    fix: "Load the kernel module nf_tables, or install the package iptables",
  });
}
