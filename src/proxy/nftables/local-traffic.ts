import {
  addressSelectors,
  is,
  isIn,
  isNot,
  isNotIn,
  meta,
  type Statement,
  startsNotWith,
  startsWith,
} from "../../nft/mod.ts";
import type { LocalTraffic } from "../settings.ts";

/** True for a packet from a pod of this node. */
export function fromLocalPod(traffic: LocalTraffic, family: 4 | 6): Statement {
  switch (traffic.by) {
    case "cidr":
      return isIn(addressSelectors(family).saddr, traffic.cidr);
    case "interface":
      return is(meta.iifname, traffic.name);
    case "interfacePrefix":
      return startsWith(meta.iifname, traffic.prefix);
  }
}

/** True for every other packet. */
export function notFromLocalPod(traffic: LocalTraffic, family: 4 | 6): Statement {
  switch (traffic.by) {
    case "cidr":
      return isNotIn(addressSelectors(family).saddr, traffic.cidr);
    case "interface":
      return isNot(meta.iifname, traffic.name);
    case "interfacePrefix":
      return startsNotWith(meta.iifname, traffic.prefix);
  }
}
