import type { ConntrackSettings } from "../config/mod.ts";

/** More connections than these are not asked for, however many processors there are. */
const MOST_CONNECTIONS = 1_048_576;

/** A setting of the kernel's connection tracking, by its name below /proc/sys/net/netfilter. */
export interface ConntrackSysctl {
  readonly name: string;
  readonly value: number;
}

/** What the configuration asks of connection tracking on a machine with so many processors. */
export function conntrackSysctls(
  settings: ConntrackSettings,
  processors: number,
): readonly ConntrackSysctl[] {
  const wanted: readonly (readonly [string, number | undefined])[] = [
    ["nf_conntrack_max", maxConnections(settings, processors)],
    ["nf_conntrack_tcp_timeout_established", settings.tcpEstablishedSeconds],
    ["nf_conntrack_tcp_timeout_close_wait", settings.tcpCloseWaitSeconds],
    ["nf_conntrack_tcp_be_liberal", settings.tcpBeLiberal ? 1 : undefined],
    ["nf_conntrack_udp_timeout", settings.udpSeconds],
    ["nf_conntrack_udp_timeout_stream", settings.udpStreamSeconds],
  ];
  return wanted.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** Undefined for `maxPerCore: 0`, which leaves the machine's own. */
function maxConnections({ maxPerCore, min }: ConntrackSettings, processors: number) {
  if (maxPerCore === 0) return undefined;
  return Math.min(Math.max(maxPerCore * processors, min), MOST_CONNECTIONS);
}
