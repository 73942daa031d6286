import { type Clock, type Logger, messageOf } from "../base/mod.ts";
import type { Conn } from "../netlink/mod.ts";
import { Conn as RouteConn } from "../netlink/mod.ts";
import { watchTable } from "../nft/mod.ts";
import { listAddresses } from "../rtnl/mod.ts";
import type { FamilyProxy } from "./family-proxy.ts";

/** What keeps the kernel's rules as they were written. */
export interface KeepParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly syncPeriodMs: number;
  /** Asks for a sync. */
  readonly request: () => void;
}

const TIDY_MS = 1000;

/** Deletes chains that nobody uses, and looks for new addresses of this machine. */
export async function tidy(
  proxies: readonly FamilyProxy[],
  parts: KeepParts & { readonly reconfigure: () => void },
): Promise<void> {
  const { clock, log, signal, syncPeriodMs, reconfigure } = parts;
  let addressesMs = clock.now();
  while (!signal.aborted) {
    await clock.sleep(TIDY_MS, signal).catch(() => {});
    if (signal.aborted) return;
    for (const proxy of proxies) {
      try {
        if (proxy.hasStale) proxy.deleteStale(clock.now());
      } catch (thrown) {
        const reason = messageOf(thrown);
        log.warn("Cannot delete unused chains yet", { reason });
      }
    }
    if (clock.now() - addressesMs < syncPeriodMs) continue;
    addressesMs = clock.now();
    reconfigure();
  }
}

/** Changes that come within this time of each other are looked at together. */
const SETTLE_MS = 200;

/**
 * Has everything written again as soon as somebody else has taken away what was written: told by the
 * kernel for each of the tables, and, where iptables is not of nf_tables and the kernel tells nothing,
 * looked at once a sync period.
 */
export async function guard(
  proxies: readonly FamilyProxy[],
  parts: KeepParts & { readonly conn: Conn; readonly tables: readonly string[] },
): Promise<void> {
  const { clock, signal, conn, tables, syncPeriodMs } = parts;
  let changed = Promise.withResolvers<void>();
  const watching = tables.map(async (table) => {
    for await (const change of watchTable(table, signal)) {
      if (change?.port !== conn.port) changed.resolve();
    }
  });
  const looking = async (): Promise<void> => {
    while (!signal.aborted) {
      await Promise.race([changed.promise, clock.sleep(syncPeriodMs, signal).catch(() => {})]);
      await clock.sleep(SETTLE_MS, signal).catch(() => {});
      if (signal.aborted) return;
      changed = Promise.withResolvers<void>();
      await repair(proxies, parts);
    }
  };
  await Promise.all([...watching, looking()]);
}

async function repair(
  proxies: readonly FamilyProxy[],
  { log, request }: Pick<KeepParts, "log" | "request">,
): Promise<void> {
  for (const proxy of proxies) {
    const family = proxy.family === 4 ? "IPv4" : "IPv6";
    const isIntact = await proxy.isIntact().catch((thrown: unknown) => {
      log.warn("Cannot look at the rules", { family, reason: messageOf(thrown) });
      return true;
    });
    if (isIntact) continue;
    log.warn("Somebody else has changed the rules: all of them are written again", { family });
    proxy.requireRebuild();
  }
  request();
}

/** The addresses of this machine's links. */
export function hostAddresses() {
  using conn = RouteConn.open();
  return listAddresses(conn).map(({ address }) => address);
}
