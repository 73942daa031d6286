import type { ConntrackEntry } from "../../conntrack/mod.ts";
import { formatAddress } from "../../ip/mod.ts";
import type { NodeFlow } from "./node-network.ts";

/** A busy node tracks a million connections; this many different flows are a picture of it. */
const MOST_FLOWS = 10_000;

/**
 * Pure: connections whose destination was translated, counted by where they were sent and where they went.
 * The most used come first.
 */
export function countFlows(entries: readonly ConntrackEntry[]): NodeFlow[] {
  const flows = new Map<string, NodeFlow>();
  for (const { original, reply } of entries) {
    const { destination, destinationPort = 0, protocol } = original;
    const isSame =
      destination.value === reply.source.value && destinationPort === (reply.sourcePort ?? 0);
    if (isSame) continue;
    const flow = {
      protocol,
      address: formatAddress(destination),
      port: destinationPort,
      toAddress: formatAddress(reply.source),
      toPort: reply.sourcePort ?? 0,
    };
    const key = Object.values(flow).join();
    flows.set(key, { ...flow, connections: (flows.get(key)?.connections ?? 0) + 1 });
  }
  return [...flows.values()].sort((a, b) => b.connections - a.connections).slice(0, MOST_FLOWS);
}
