import { cidrContains, parseAddress, parseCidr } from "../../ip/mod.ts";
import type { Node } from "../../kube/types/mod.ts";

/** True for this machine, the nodes, and the pods on them. */
export function isClusterAddress(text: string, nodes: Iterable<Node>): boolean {
  // A socket of both families shows IPv4 as a part of IPv6.
  const plain = text.replace(/^::ffff:/, "");
  const address = parseAddress(plain);
  if (!address.ok) return false;
  const isIn = (cidr: string): boolean => {
    const parsed = parseCidr(cidr);
    return parsed.ok && cidrContains(parsed.value, address.value);
  };
  if (["127.0.0.0/8", "::1/128"].some(isIn)) return true;
  for (const { spec, status } of nodes) {
    if ([spec?.podCIDR ?? "", ...(spec?.podCIDRs ?? [])].some(isIn)) return true;
    if (status?.addresses?.some((one) => one.address === plain) === true) return true;
  }
  return false;
}
