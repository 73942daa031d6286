import type { PluginHost, PluginRequest } from "../../skel/plugin.ts";
import { attemptAll } from "./attempt-all.ts";
import { ipamOf } from "./ipam.ts";
import { Pod } from "./pod.ts";

/**
 * DEL of a plugin with one link in the pod: `remove` is called where the pod is still there, and
 * the IPAM plugin gives the addresses back whatever becomes of the link. The link goes first, so
 * that no address is handed out again while it is in use; but a dhcp lease is released over it.
 */
export function detachLink(
  request: PluginRequest,
  host: PluginHost,
  remove: (pod: Pod) => void,
): Promise<void> {
  const link = (): void => {
    using pod = Pod.find(request.netns);
    if (pod !== undefined) remove(pod);
  };
  const addresses = (): Promise<void> | undefined => ipamOf(request, host)?.del();
  return attemptAll(request.conf.ipamType === "dhcp" ? [addresses, link] : [link, addresses]);
}
