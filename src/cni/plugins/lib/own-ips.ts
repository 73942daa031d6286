import type { CniIp, CniResult } from "../../result/types.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { isSameNetns } from "./same-netns.ts";

/** The addresses of the attachment's own link: later plugins may have added some of other links. */
export function ownIps(
  { ifName, netns }: PluginRequest,
  { ips, interfaces }: CniResult,
): readonly CniIp[] {
  return ips.filter((ip) => {
    const link = ip.interface === undefined ? undefined : interfaces[ip.interface];
    return link === undefined || (link.name === ifName && isSameNetns(link.sandbox, netns));
  });
}
