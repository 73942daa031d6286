import type { Link } from "../../../rtnl/mod.ts";
import type { CniInterface, CniResult } from "../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../skel/plugin.ts";
import { checkFailed, checkPodLink } from "./check-link.ts";
import { ipamOf } from "./ipam.ts";
import { Pod } from "./pod.ts";
import { isSameNetns } from "./same-netns.ts";

/** What a plugin looks at beside the addresses and routes. */
export interface AttachedLinkChecks {
  /** The MAC is the link's own, and not that of a link below it, which may change. */
  readonly hasOwnMac?: boolean;
  /** Throws where the link is not as the plugin made it. */
  readonly look?: (link: Link, pod: Pod) => void;
}

/**
 * CHECK of a plugin with one link in the pod: what the IPAM plugin says, the link, its addresses
 * and the routes of prevResult. The host is not looked at: a link in a pod is gone when the link
 * below it is.
 */
export async function checkAttachedLink(
  request: PluginRequest,
  host: PluginHost,
  { hasOwnMac, look }: AttachedLinkChecks,
): Promise<void> {
  await ipamOf(request, host)?.check();
  const { prevResult } = request.conf;
  if (prevResult === undefined) return;
  const own = ownInterface(request, prevResult);
  using pod = Pod.open(request.netns);
  const link = checkPodLink(pod, request, {
    ips: prevResult.ips.filter((ip) => isOwn(prevResult, ip.interface, own)),
    routes: prevResult.routes,
  });
  if (hasOwnMac === true && own.mac !== undefined && own.mac !== link.address) {
    throw checkFailed(request, `its MAC is ${link.address}, not ${own.mac}`);
  }
  look?.(link, pod);
}

/** The interface of the attachment in what ADD answered; CniError 999 where it is not there. */
function ownInterface(request: PluginRequest, { interfaces }: CniResult): CniInterface {
  const own = interfaces.find(
    ({ name, sandbox }) => name === request.ifName && isSameNetns(sandbox, request.netns),
  );
  if (own !== undefined) return own;
  throw checkFailed(request, `prevResult has no such interface in "${request.netns}"`);
}

/** Plugins after this one may have added interfaces, with addresses of their own. */
function isOwn(result: CniResult, index: number | undefined, own: CniInterface): boolean {
  return index === undefined || result.interfaces[index] === own;
}
