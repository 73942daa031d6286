import { addressBits, type InterfaceAddress, networkOf } from "../../../../ip/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import {
  addAddress,
  addRoute,
  deleteRoute,
  findLink,
  getLink,
  type Link,
  RT_SCOPE,
  RTPROT,
} from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { type CniIp, type CniResult, EMPTY_RESULT, isEmptyDns } from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed, checkPodLink } from "../../lib/check-link.ts";
import { configureLink } from "../../lib/configure-link.ts";
import { enableForwarding } from "../../lib/forwarding.ts";
import { ipamOf, requireIpam, withAddresses } from "../../lib/ipam.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { Pod } from "../../lib/pod.ts";
import { collectVethPairs, createVethPair, deleteVethPair } from "../../lib/veth-pair.ts";

/** A pair of links between host and pod, with the host's routing between all pods. */
export const ptp: Plugin = {
  name: "ptp",
  supportedVersions: SPEC_VERSIONS,

  add: (request, host) =>
    withAddresses(requireIpam(request, host), (result) => connect(request, host, result)),

  async del(request, host) {
    using masquerade = new Masquerade(request, host);
    await attemptAll([
      () => masquerade.tearDown(),
      () => {
        using pod = Pod.find(request.netns);
        using conn = Conn.open();
        deleteVethPair(request, conn, pod);
      },
      () => ipamOf(request, host)?.del(),
    ]);
  },

  async check(request, host) {
    await requireIpam(request, host).check();
    const { prevResult = EMPTY_RESULT } = request.conf;
    using conn = Conn.open();
    const hostEnd = prevResult.interfaces.find(({ sandbox }) => sandbox === undefined);
    if (hostEnd === undefined || findLink(conn, hostEnd.name) === undefined) {
      throw checkFailed(request, "the host's end of the pair is missing");
    }
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
    ]),

  async status(request, host) {
    readMtu(request);
    using masquerade = new Masquerade(request, host);
    masquerade.status();
    await requireIpam(request, host).status();
  },
};

function readMtu({ conf: { object } }: PluginRequest): number | undefined {
  const mtu = object.integer("mtu", { min: 0, max: 65_535 }) ?? 0;
  return mtu === 0 ? undefined : mtu;
}

function connect(
  request: PluginRequest,
  host: Pick<PluginHost, "env">,
  result: CniResult,
): CniResult {
  const { conf, ifName, netns } = request;
  const mtu = readMtu(request);
  using masquerade = new Masquerade(request, host);
  using pod = Pod.open(netns);
  using conn = Conn.open();
  const spec = mtu === undefined ? {} : { mtu };
  const pair = createVethPair(request, { host: conn, pod }, spec);
  try {
    const hostEnd = getLink(conn, pair.hostName);
    const podEnd = getLink(pod.conn, ifName);
    for (const { address } of result.ips) enableForwarding(conn, address.address.family);
    for (const ip of result.ips) configureHostEnd(conn, hostEnd, ip);
    configureLink(pod, { index: podEnd.index, name: ifName }, result);
    for (const ip of result.ips) routeByGateway(pod.conn, podEnd, ip);
    masquerade.setUp(result.ips.map(({ address }) => address));
  } catch (thrown) {
    try {
      deleteVethPair(request, conn, pod);
      masquerade.tearDown();
    } catch {}
    throw thrown;
  }
  return {
    interfaces: [
      { name: pair.hostName, mac: pair.hostMac },
      { name: ifName, mac: pair.podMac, sandbox: netns },
    ],
    ips: result.ips.map((ip) => ({ ...ip, interface: 1 })),
    routes: result.routes,
    dns: isEmptyDns(conf.dns) ? result.dns : conf.dns,
  };
}

/** The gateway's address with nothing but itself in its net, and the way to the pod. */
function configureHostEnd(conn: Conn, { index }: Link, ip: CniIp): void {
  const gateway = gatewayOf(ip);
  const prefixLength = addressBits(gateway.family);
  addAddress(conn, { linkIndex: index, address: gateway, prefixLength, noDad: true });
  addRoute(conn, {
    destination: networkOf({ address: ip.address.address, prefixLength }),
    linkIndex: index,
    protocol: RTPROT.BOOT,
    scope: RT_SCOPE.HOST,
  });
}

/**
 * In the pod all of its net is behind the gateway: the route that the kernel added with the
 * address goes, one to the gateway alone and one by the gateway come.
 */
function routeByGateway(conn: Conn, { index }: Link, ip: CniIp): void {
  const gateway = gatewayOf(ip);
  const { family } = gateway;
  const subnet = networkOf(ip.address);
  const common = { linkIndex: index, protocol: RTPROT.BOOT, source: ip.address.address };
  deleteRoute(conn, { destination: subnet, linkIndex: index });
  const alone: InterfaceAddress = { address: gateway, prefixLength: addressBits(family) };
  addRoute(conn, { ...common, destination: networkOf(alone), scope: RT_SCOPE.LINK });
  addRoute(conn, { ...common, destination: subnet, gateway, scope: RT_SCOPE.UNIVERSE });
}

function gatewayOf({ gateway, address }: CniIp): InterfaceAddress["address"] {
  if (gateway !== undefined) return gateway;
  throw new CniError(
    CNI_ERROR.internal,
    `Cannot connect a pod of family ${address.address.family}: its IPAM plugin names no gateway`,
  );
}
