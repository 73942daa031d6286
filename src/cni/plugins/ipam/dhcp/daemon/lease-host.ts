import { type Clock, messageOf } from "../../../../../base/mod.ts";
import { type ClientIdentity, type ClientSettings, DhcpClient } from "../client/dhcp-client.ts";
import type { LinkTarget } from "../client/kernel-transport.ts";
import { ownerKey } from "../client-id.ts";
import { formatIpv4 } from "../wire/option-values.ts";
import type { LeaseJournal } from "./lease-journal.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { type Links, targetOf } from "./links.ts";

/** What leases are got, kept and given back with. */
export interface LeaseHost {
  readonly clock: Clock;
  /** As Math.random. */
  readonly random: () => number;
  readonly log: (line: string) => void;
  readonly settings: ClientSettings;
  readonly links: Links;
  readonly journal: Pick<LeaseJournal, "put" | "remove">;
}

/** One use of a client on a link. */
export interface ClientUse {
  readonly target: LinkTarget;
  readonly identity: ClientIdentity;
  readonly takeUp: boolean;
  readonly signal: AbortSignal;
}

/** Opens a link, uses a client on it, and closes it. */
export async function withClient<T>(
  host: LeaseHost,
  { target, identity, takeUp, signal }: ClientUse,
  body: (client: DhcpClient) => Promise<T> | T,
): Promise<T> {
  const { clock, random, settings, links } = host;
  using transport = await links.open(target, { takeUp });
  return await body(new DhcpClient({ transport, clock, random, signal }, settings, identity));
}

/**
 * Gives a lease back to its server, by the link that it is for, and forgets it. A pod that is gone
 * cannot give anything back: the server takes the address when the lease ends.
 */
export async function giveBack(host: LeaseHost, record: LeaseRecord): Promise<void> {
  const name = ownerKey(record.owner);
  const { signal } = new AbortController();
  try {
    // A lease that has ended is not ours to give back.
    if (record.takenOff === undefined && host.clock.now() < record.lease.expireAtMs) {
      const target = targetOf(host.links, record);
      const { identity } = record;
      await withClient(host, { target, identity, takeUp: false, signal }, (client) =>
        client.release(record.lease),
      );
      host.log(`${name}: ${formatIpv4(record.lease.address)} given back`);
    }
  } catch (thrown) {
    const why = messageOf(thrown);
    const what = `Cannot give ${formatIpv4(record.lease.address)} back, it stays taken until its lease ends`;
    host.log(`${name}: ${what}: ${why}`);
  } finally {
    host.journal.remove(record.owner);
  }
}
