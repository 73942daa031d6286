import { networkOf } from "../../../../ip/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import { openNft } from "../../../../nft/mod.ts";
import { findLink, getLink, type Link, listLinks, setLink } from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import {
  type CniInterface,
  type CniIp,
  type CniResult,
  type CniRoute,
  EMPTY_RESULT,
  isEmptyDns,
} from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed, checkPodLink } from "../../lib/check-link.ts";
import { configureLink } from "../../lib/configure-link.ts";
import { enableForwarding } from "../../lib/forwarding.ts";
import { ipamOf, withAddresses } from "../../lib/ipam.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { Pod } from "../../lib/pod.ts";
import {
  collectSpoofChecks,
  setUpSpoofCheck,
  tearDownSpoofCheck,
} from "../../lib/spoof-check/mod.ts";
import {
  collectVethPairs,
  createVethPair,
  deleteVethPair,
  type VethPair,
  type VethSpec,
} from "../../lib/veth-pair.ts";
import { type BridgeConf, hasVlans, readBridgeConf } from "./bridge-conf.ts";
import {
  ensureBridge,
  ensureGatewayAddress,
  ensureGatewayLink,
  setPortVlans,
} from "./host-bridge.ts";

/** Pods as ports of a bridge of the host, which can be their gateway. */
export const bridge: Plugin = {
  name: "bridge",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    const conf = readBridgeConf(request);
    const ipam = ipamOf(request, host);
    if (ipam === undefined) return addToBridge(request, host, { conf, ipamResult: EMPTY_RESULT });
    return withAddresses(ipam, (ipamResult) => addToBridge(request, host, { conf, ipamResult }));
  },

  async del(request, host) {
    using masquerade = new Masquerade(request, host);
    await attemptAll([
      () => masquerade.tearDown(),
      () => {
        if (request.conf.object.boolean("macspoofchk") !== true) return;
        using conn = openNft();
        tearDownSpoofCheck(conn, request);
      },
      // The link before the address: it must not be handed out while it is still in use.
      () => {
        using pod = Pod.find(request.netns);
        using conn = Conn.open();
        deleteVethPair(request, conn, pod);
      },
      () => ipamOf(request, host)?.del(),
    ]);
  },

  async check(request, host) {
    const conf = readBridgeConf(request);
    await ipamOf(request, host)?.check();
    const { prevResult = EMPTY_RESULT } = request.conf;
    checkPort(request, conf, prevResult);
    using pod = Pod.open(request.netns);
    const own = prevResult.interfaces.findIndex(
      ({ name, sandbox }) => name === request.ifName && sandbox !== undefined,
    );
    const ips = prevResult.ips.filter((ip) => ip.interface === undefined || ip.interface === own);
    checkPodLink(pod, request, { ips, routes: prevResult.routes });
    using masquerade = new Masquerade(request, host);
    masquerade.check(ips.map(({ address }) => address));
  },

  gc: (request, host) =>
    attemptAll([
      () => {
        using conn = Conn.open();
        collectVethPairs(conn, request);
      },
      () => ipamOf(request, host)?.gc(),
      () => {
        using masquerade = new Masquerade(request, host);
        masquerade.collect();
      },
      () => {
        if (request.conf.object.boolean("macspoofchk") !== true) return;
        using rtnl = Conn.open();
        const names = new Set(listLinks(rtnl).map(({ name }) => name));
        using conn = openNft();
        collectSpoofChecks(conn, (name) => names.has(name));
      },
    ]),

  async status(request, host) {
    readBridgeConf(request);
    using masquerade = new Masquerade(request, host);
    masquerade.status();
    await ipamOf(request, host)?.status();
  },
};

interface Work {
  readonly conf: BridgeConf;
  readonly ipamResult: CniResult;
}

function addToBridge(
  request: PluginRequest,
  host: Pick<PluginHost, "env">,
  { conf, ipamResult }: Work,
): CniResult {
  using pod = Pod.open(request.netns);
  using conn = Conn.open();
  const link = ensureBridge(conn, conf);
  const pair = createVethPair(request, { host: conn, pod }, vethSpec(conf, link));
  using masquerade = new Masquerade(request, host);
  try {
    if (hasVlans(conf)) setPortVlans(conn, getLink(conn, pair.hostName), conf);
    const result = withGateways(conf, ipamResult);
    const gateway = conf.isGateway ? serveGateway(conn, conf, result) : undefined;
    if (!conf.isContainerDown) configurePod(pod, request, { conf, result });
    if (conf.macSpoofCheck) checkSpoofing(request, pair);
    masquerade.setUp(result.ips.map(({ address }) => address));
    const bridgeMac = findLink(conn, link.index)?.address ?? link.address;
    return describe(request, result, {
      interfaces: [{ name: link.name, mac: bridgeMac }, ...ends(request, pair), ...(gateway ?? [])],
    });
  } catch (thrown) {
    try {
      deleteVethPair(request, conn, pod);
      masquerade.tearDown();
    } catch {}
    throw thrown;
  }
}

/** Gateways that the IPAM plugin left open are the first address of the net. */
function withGateways({ isGateway, isDefaultGateway }: BridgeConf, result: CniResult): CniResult {
  if (!isGateway) return result;
  const ips = result.ips.map((ip) => (ip.gateway === undefined ? withFirst(ip) : ip));
  if (!isDefaultGateway) return { ...result, ips };
  const defaults = ips.flatMap(({ address, gateway: gw }): CniRoute[] => {
    const { family } = address.address;
    const dst = { family, network: 0n, prefixLength: 0 };
    const isThere = result.routes.some(
      ({ dst: { family: other, prefixLength } }) => other === family && prefixLength === 0,
    );
    return isThere || gw === undefined ? [] : [{ dst, gw }];
  });
  return { ...result, ips, routes: [...result.routes, ...defaults] };
}

function withFirst(ip: CniIp): CniIp {
  const { family, network } = networkOf(ip.address);
  return { ...ip, gateway: { family, value: network + 1n } };
}

/** Gives the host the gateways' addresses; the link of a VLAN, where there is one, is part of the result. */
function serveGateway(conn: Conn, conf: BridgeConf, result: CniResult): CniInterface[] {
  const bridgeLink = findLink(conn, conf.bridge);
  if (bridgeLink === undefined) {
    throw new CniError(CNI_ERROR.internal, `Cannot use the bridge "${conf.bridge}": it has gone`);
  }
  const link = ensureGatewayLink(conn, bridgeLink, conf);
  for (const { gateway, address } of result.ips) {
    if (gateway === undefined) continue;
    const own = { address: gateway, prefixLength: address.prefixLength };
    ensureGatewayAddress(conn, link, { address: own, force: conf.forceAddress });
  }
  for (const { address } of result.ips) enableForwarding(conn, address.address.family);
  return conf.vlan === undefined ? [] : [{ name: link.name, mac: link.address }];
}

interface PodEnd {
  readonly conf: BridgeConf;
  readonly result: CniResult;
}

function configurePod(pod: Pod, { ifName }: PluginRequest, { conf, result }: PodEnd): void {
  const { index } = getLink(pod.conn, ifName);
  if (result.ips.length === 0) {
    setLink(pod.conn, index, { up: true });
    return;
  }
  configureLink(pod, { index, name: ifName, dad: conf.dad, announces: true }, result);
}

function vethSpec(conf: BridgeConf, { index }: Link): VethSpec {
  const { mtu, mac, hairpin, isIsolated } = conf;
  return {
    masterIndex: index,
    ...(mtu === undefined ? {} : { mtu }),
    ...(mac === undefined ? {} : { mac }),
    ...(hairpin || isIsolated ? { port: { hairpin, isolated: isIsolated } } : {}),
    staysDown: conf.isContainerDown,
  };
}

function checkSpoofing({ containerId, ifName }: PluginRequest, pair: VethPair): void {
  using conn = openNft();
  setUpSpoofCheck(conn, { containerId, ifName, hostIfName: pair.hostName, mac: pair.podMac });
}

function ends({ netns, ifName }: PluginRequest, pair: VethPair): CniInterface[] {
  return [
    { name: pair.hostName, mac: pair.hostMac },
    { name: ifName, mac: pair.podMac, sandbox: netns },
  ];
}

/** Bridge, host's end, pod's end: callers count on that order. */
function describe(
  { conf }: PluginRequest,
  result: CniResult,
  { interfaces }: Pick<CniResult, "interfaces">,
): CniResult {
  return {
    interfaces,
    ips: result.ips.map((ip) => ({ ...ip, interface: 2 })),
    routes: result.routes,
    dns: isEmptyDns(conf.dns) ? result.dns : conf.dns,
  };
}

function checkPort(request: PluginRequest, { bridge: name }: BridgeConf, result: CniResult): void {
  using conn = Conn.open();
  const link = findLink(conn, name);
  if (link?.kind !== "bridge") throw checkFailed(request, `there is no bridge "${name}"`);
  const isPort = result.interfaces.some(
    (one) => one.sandbox === undefined && findLink(conn, one.name)?.masterIndex === link.index,
  );
  if (!isPort) throw checkFailed(request, `the host's end of the pair is no port of "${name}"`);
}
