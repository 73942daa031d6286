import { decodeMessages, type Message, NETLINK } from "../netlink/mod.ts";
import { NetlinkEvents } from "../sys/mod.ts";
import {
  NFGENMSG_BYTES,
  NFNL_SUBSYS_NFTABLES,
  NFNLGRP_NFTABLES,
  NFTA_ANY_TABLE,
} from "./constants.ts";
import type { Family } from "./refs.ts";
import { familyOf } from "./wire.ts";

/** Somebody has changed a table. */
export interface RulesetChange {
  readonly family: Family;
  /** The netlink socket of who did it (`Conn.port`). */
  readonly port: number;
}

/**
 * Reports the changes of all tables of this name, in the present network namespace, as the kernel
 * makes them; undefined where some were lost, because more came than could be read. Each of who
 * changed what is reported once for what came together. Ends when the signal is aborted.
 */
export async function* watchTable(
  table: string,
  signal: AbortSignal,
): AsyncGenerator<RulesetChange | undefined, void, void> {
  using events = new NetlinkEvents(NETLINK.NETFILTER, NFNLGRP_NFTABLES);
  for await (const datagrams of events.read(signal)) {
    if (datagrams === undefined) yield undefined;
    else yield* changesOf(datagrams, table);
  }
}

function changesOf(datagrams: Uint8Array, table: string): Iterable<RulesetChange> {
  const changes = new Map<string, RulesetChange>();
  for (const message of decodeMessages(datagrams).messages) {
    const family = familyOf(message.u8(0));
    if (message.type >> 8 !== NFNL_SUBSYS_NFTABLES || family === undefined) continue;
    const key = `${family} ${message.port}`;
    if (changes.has(key) || tableOf(message) !== table) continue;
    changes.set(key, { family, port: message.port });
  }
  return changes.values();
}

function tableOf(message: Message): string | undefined {
  const a = message.attributes(NFGENMSG_BYTES);
  while (a.next()) if (a.type === NFTA_ANY_TABLE) return a.string();
  return undefined;
}
