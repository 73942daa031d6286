import { type Link, setLink } from "../../../rtnl/mod.ts";
import { type CniResult, dnsOr, EMPTY_RESULT } from "../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../skel/plugin.ts";
import { attemptAll } from "./attempt-all.ts";
import { configureLink } from "./configure-link.ts";
import { ipamOf, withAddresses } from "./ipam.ts";
import type { Pod } from "./pod.ts";
import { writeSysctlIfThere } from "./sysctl.ts";

/** A link that is in the pod under its final name. */
export interface AttachedLink {
  readonly pod: Pod;
  readonly link: Link;
  /** Takes the link away again, for an ADD that fails after it was made. */
  readonly undo: () => void;
  /** Tells the neighbours which MAC the addresses are at now, as soon as the link is up. */
  readonly announces?: boolean;
  /** The addresses where no IPAM plugin gives them: those of the plugin before in the list. */
  readonly addresses?: CniResult;
}

/**
 * The second half of an ADD: addresses from the IPAM plugin that is configured (it may need the
 * link to get them, as dhcp does), the link up, routes. Without addresses the link is only taken
 * up. Gives the result: one interface, to which all addresses belong.
 */
export async function attachLink(
  request: PluginRequest,
  host: PluginHost,
  attached: AttachedLink,
): Promise<CniResult> {
  try {
    const ipam = ipamOf(request, host);
    if (ipam !== undefined) {
      return await withAddresses(ipam, (result) => configure(request, attached, result));
    }
    const { pod, link, addresses } = attached;
    if (addresses !== undefined) return configure(request, attached, addresses);
    setLink(pod.conn, link.index, { up: true });
    return describe(request, link, EMPTY_RESULT);
  } catch (thrown) {
    await attemptAll([attached.undo]).catch(() => {});
    throw thrown;
  }
}

function configure(
  request: PluginRequest,
  { pod, link, announces }: AttachedLink,
  addresses: CniResult,
): CniResult {
  if (announces === true) {
    pod.inside(() => {
      writeSysctlIfThere(`net/ipv4/conf/${link.name}/arp_notify`, "1");
      writeSysctlIfThere(`net/ipv6/conf/${link.name}/ndisc_notify`, "1");
    });
  }
  configureLink(pod, { index: link.index, name: link.name }, addresses);
  return describe(request, link, addresses);
}

function describe({ conf, netns }: PluginRequest, link: Link, addresses: CniResult): CniResult {
  const mac = link.address === "" ? {} : { mac: link.address };
  return {
    interfaces: [{ name: link.name, ...mac, sandbox: netns }],
    ips: addresses.ips.map((ip) => ({ ...ip, interface: 0 })),
    routes: addresses.routes,
    dns: dnsOr(conf.dns, addresses.dns),
  };
}
