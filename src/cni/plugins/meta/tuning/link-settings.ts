import { IFF, type Link, type LinkChanges } from "../../../../rtnl/mod.ts";

/** What tuning changes of a link, with the keys of the reference's backup files. */
export interface LinkSettings {
  /** In lower case. */
  readonly mac?: string;
  readonly promisc?: boolean;
  readonly mtu?: number;
  readonly allmulti?: boolean;
  /** Packets that may wait to be sent. */
  readonly txQLen?: number;
}

/** True where nothing is to be changed. */
export function isEmptySettings(settings: LinkSettings): boolean {
  return Object.keys(settings).length === 0;
}

/**
 * The present values of those settings that `wanted` has, in the reference's order. Promiscuous
 * mode and all-multicast are what the administrator has set: the kernel counts what packet captures
 * and bridges ask for apart from the flags that it shows.
 */
export function presentSettings(link: Link, wanted: LinkSettings): LinkSettings {
  const has = (flag: number): boolean => (link.flags & flag) !== 0;
  return {
    // A link without a MAC has nothing to go back to.
    ...(wanted.mac === undefined || link.address === "" ? {} : { mac: link.address }),
    ...(wanted.promisc === undefined ? {} : { promisc: has(IFF.PROMISC) }),
    ...(wanted.mtu === undefined ? {} : { mtu: link.mtu }),
    ...(wanted.allmulti === undefined ? {} : { allmulti: has(IFF.ALLMULTI) }),
    ...(wanted.txQLen === undefined ? {} : { txQLen: link.txQueueLength }),
  };
}

/** The settings as one change of a link. */
export function linkChanges(settings: LinkSettings): LinkChanges {
  const { mac, promisc, mtu, allmulti, txQLen } = settings;
  return {
    ...(mac === undefined ? {} : { address: mac }),
    ...(promisc === undefined ? {} : { promisc }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(allmulti === undefined ? {} : { allMulticast: allmulti }),
    ...(txQLen === undefined ? {} : { txQueueLength: txQLen }),
  };
}
