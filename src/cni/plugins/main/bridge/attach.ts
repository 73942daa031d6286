import type { InterfaceAddress } from "../../../../ip/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import { getLink, type Link, setLink } from "../../../../rtnl/mod.ts";
import { type CniResult, dnsOr, EMPTY_RESULT } from "../../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { configureLink } from "../../lib/configure-link.ts";
import { enableForwarding } from "../../lib/forwarding.ts";
import { ipamOf, withAddresses } from "../../lib/ipam.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { Pod } from "../../lib/pod.ts";
import { requestedMac } from "../../lib/requested-mac.ts";
import {
  createVethPair,
  deleteVethPair,
  hasOtherPods,
  type VethPair,
} from "../../lib/veth-pair.ts";
import { waitForLink } from "../../lib/wait-for-link.ts";
import { type BridgeConf, needsVlanFiltering, readBridgeConf } from "./bridge-conf.ts";
import { planGateways } from "./gateways.ts";
import {
  type AddressChanges,
  ensureAddresses,
  ensureBridge,
  restoreAddresses,
} from "./host-bridge.ts";
import { addSpoofCheck, dropSpoofCheck } from "./spoof-checks.ts";
import { ensureVlanGateway, setPortVlans } from "./vlans.ts";

/** All that an ADD works with. */
interface Attaching {
  readonly request: PluginRequest;
  readonly conf: BridgeConf;
  readonly conn: Conn;
  readonly pod: Pod;
  readonly masquerade: Masquerade;
  readonly bridge: Link;
  readonly pair: VethPair;
  /** What this ADD has changed of the gateway's addresses, for the case that it fails. */
  readonly gatewayChanges: (AddressChanges & { readonly linkIndex: number })[];
}

/**
 * ADD: the bridge, a pair of links with one end in the pod, addresses, what the gateway needs; the
 * pod's end comes up at the very end and completely configured. What fails takes the attachment's
 * own parts away again.
 */
export async function attachToBridge(request: PluginRequest, host: PluginHost): Promise<CniResult> {
  const conf = readBridgeConf(request);
  const mac = requestedMac(request, { hasKey: false });
  const ipam = ipamOf(request, host);
  using masquerade = new Masquerade(request, host);
  using pod = Pod.open(request.netns);
  using conn = Conn.open();
  const bridge = ensureBridge(conn, conf);
  const pair = createVethPair(
    request,
    { host: conn, pod },
    {
      masterIndex: bridge.index,
      ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
      ...(mac === undefined ? {} : { mac }),
      ...(conf.isInterfaceDisabled ? { staysDown: true } : {}),
      ...portOptions(conf),
    },
  );
  const attaching = { request, conf, conn, pod, masquerade, bridge, pair, gatewayChanges: [] };
  return await undoing(attaching, async () => {
    if (needsVlanFiltering(conf)) setPortVlans(conn, getLink(conn, pair.hostName).index, conf);
    if (conf.spoofCheck) addSpoofCheck(request, pair);
    if (ipam === undefined) return attachLayer2(attaching);
    return await withAddresses(ipam, (ipamResult) =>
      // Inside as well: the link is gone before its addresses are given back.
      undoing(attaching, () => attachLayer3(attaching, ipamResult)),
    );
  });
}

/** Nothing is sent to the port where the kernel's default is what the configuration wants. */
function portOptions({ hairpin, isolated }: BridgeConf) {
  if (!hairpin && !isolated) return {};
  return { port: { ...(hairpin ? { hairpin } : {}), ...(isolated ? { isolated } : {}) } };
}

async function undoing<T>(attaching: Attaching, body: () => Promise<T> | T): Promise<T> {
  try {
    return await body();
  } catch (thrown) {
    const { request, conn, pod, masquerade } = attaching;
    await attemptAll([
      () => restoreGateway(attaching),
      () => masquerade.tearDown(),
      () => dropSpoofCheck(request),
      () => deleteVethPair(request, { host: conn, pod, isForeign: () => true }),
    ]).catch(() => {});
    throw thrown;
  }
}

/**
 * Takes back the addresses that this ADD gave the bridge: with a wrong one, the configuration that
 * sets it right would be refused. Pods of the network that came meanwhile need them; what was
 * replaced is put back in any case.
 */
function restoreGateway({ request, conn, gatewayChanges }: Attaching): void {
  for (const { linkIndex, added, removed } of gatewayChanges.splice(0)) {
    const isUsed = removed.length === 0 && added.length > 0 && hasOtherPods(conn, request);
    if (!isUsed) restoreAddresses(conn, linkIndex, { added, removed });
  }
}

/** Without addresses: a port of the bridge and no more. */
function attachLayer2(attaching: Attaching): CniResult {
  const { request, conf, conn, pod, pair } = attaching;
  if (!conf.isInterfaceDisabled) {
    setLink(pod.conn, request.ifName, { up: true });
    waitForLink(conn, pair.hostName);
  }
  return { ...EMPTY_RESULT, interfaces: describe(attaching), dns: request.conf.dns };
}

function attachLayer3(attaching: Attaching, ipamResult: CniResult): CniResult {
  const { request, conf, conn, pod, masquerade, pair } = attaching;
  const plan = planGateways(conf, ipamResult);
  const result = { ...ipamResult, ips: plan.ips, routes: plan.routes };
  const gateway = conf.isGateway ? prepareGateway(attaching, plan.addresses) : undefined;
  const addresses: InterfaceAddress[] = [];
  for (const { address } of plan.ips) addresses.push(address);
  masquerade.setUp(addresses);
  const { index, name } = getLink(pod.conn, request.ifName);
  const options = { dad: conf.dad, announces: true, ignoresAdvertisements: conf.isGateway };
  configureLink(pod, { index, name, ...options }, result);
  waitForLink(conn, pair.hostName);
  const interfaces = describe(attaching);
  if (gateway !== undefined) interfaces.push({ name: gateway.name, mac: gateway.address });
  const dns = dnsOr(request.conf.dns, ipamResult.dns);
  return { ...result, interfaces, dns };
}

/** Gives the bridge the pods' gateway addresses; the link that has them where it is another one. */
function prepareGateway(
  { conf, conn, bridge, gatewayChanges }: Attaching,
  wanted: ReturnType<typeof planGateways>["addresses"],
): Link | undefined {
  const gateway = conf.vlan === 0 ? undefined : ensureVlanGateway(conn, bridge, conf);
  const { index } = gateway ?? bridge;
  const changed = { linkIndex: index, added: [], removed: [] };
  gatewayChanges.push(changed);
  ensureAddresses(conn, gateway ?? bridge, { wanted, force: conf.forceAddress, changed });
  const has = { 4: false, 6: false };
  for (const { address } of wanted) has[address.family] = true;
  if (has[4]) enableForwarding(conn, 4);
  if (has[6]) enableForwarding(conn, 6);
  return gateway;
}

/** The interfaces of the result, in the order that callers know: bridge, host's end, pod's end. */
function describe({ request, conn, bridge, pair }: Attaching) {
  return [
    // Looked at anew: a bridge that somebody else made may have changed its MAC for the new port.
    { name: bridge.name, mac: getLink(conn, bridge.index).address },
    { name: pair.hostName, mac: pair.hostMac },
    { name: request.ifName, mac: pair.podMac, sandbox: request.netns },
  ];
}
