import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatAddress } from "../../ip/mod.ts";
import { listDirectory } from "../../sys/mod.ts";
import type { ConfList } from "../conf/conf-list.ts";
import { ConfObject } from "../conf-object.ts";
import { isJsonObject } from "../json.ts";
import { DEFAULT_DATA_DIR } from "../plugins/ipam/host-local/ipam-conf.ts";
import { listReservations } from "../plugins/ipam/host-local/reservations.ts";
import { decodeResult } from "../result/decode-result.ts";
import type { CachedAttachment } from "./result-cache.ts";

/** An address that somebody has, by what host-local and the cache say. */
export interface Holding {
  readonly network: string;
  readonly address: string;
  /** Empty where the reservation does not tell. */
  readonly containerId: string;
  readonly ifName: string;
  /** Of the cache; empty where it does not know. */
  readonly netns: string;
  /** When it was reserved or cached: milliseconds since the epoch. */
  readonly sinceMs: number;
  /** host-local's file; undefined for an address of another IPAM plugin. */
  readonly reservation: string | undefined;
  readonly isCached: boolean;
  /** False for what was reserved before the machine's last start: nobody can use it any more. */
  readonly isOfThisBoot: boolean;
  /** Whether the namespace of the cache is there; undefined where the cache knows none. */
  readonly hasNetns: boolean | undefined;
}

/** Where to look. */
export interface HoldingsQuery {
  readonly attachments: readonly CachedAttachment[];
  /** host-local's directories. */
  readonly dataDirs: readonly string[];
  readonly bootedAtMs: number;
  /** Only this network. */
  readonly network?: string;
}

/** Who holds which address, sorted by network and address. */
export function listHoldings(query: HoldingsQuery): readonly Holding[] {
  const reserved = query.dataDirs.flatMap((dir) =>
    networksIn(dir, query.network).flatMap((network) => reservedIn(dir, network, query)),
  );
  const key = (one: Pick<Holding, "network" | "address">): string =>
    `${one.network} ${one.address}`;
  const seen = new Set(reserved.map(key));
  const cached = query.attachments
    .filter(({ network }) => query.network === undefined || network === query.network)
    .flatMap((attachment) => cachedAddresses(attachment, query))
    .filter((one) => !seen.has(key(one)));
  return [...reserved, ...cached].sort((a, b) =>
    key(a).localeCompare(key(b), "en", { numeric: true }),
  );
}

/** The directories of host-local: its own, and those that networks name. */
export function dataDirsOf(lists: readonly ConfList[]): readonly string[] {
  const named = lists.flatMap(({ plugins }) =>
    plugins.flatMap(({ raw }) => {
      const ipam = new ConfObject(raw).value("ipam");
      const dir = isJsonObject(ipam) ? new ConfObject(ipam).value("dataDir") : undefined;
      return typeof dir === "string" && dir !== "" ? [dir] : [];
    }),
  );
  return [...new Set([DEFAULT_DATA_DIR, ...named])];
}

function networksIn(dataDir: string, wanted: string | undefined): readonly string[] {
  if (wanted !== undefined) return isDirectory(join(dataDir, wanted)) ? [wanted] : [];
  if (!isDirectory(dataDir)) return [];
  return listDirectory(dataDir).filter((name) => isDirectory(join(dataDir, name)));
}

function reservedIn(dataDir: string, network: string, query: HoldingsQuery): readonly Holding[] {
  return listReservations(join(dataDir, network)).flatMap(({ address, holder }) => {
    const text = formatAddress(address);
    const path = join(dataDir, network, text);
    const status = statSync(path, { throwIfNoEntry: false });
    // Given back while we were looking.
    if (status === undefined) return [];
    const { containerId, ifName = "" } = typeof holder === "string" ? { containerId: "" } : holder;
    const cached = query.attachments.find(
      (one) =>
        one.network === network &&
        one.containerId === containerId &&
        (ifName === "" || one.ifName === ifName),
    );
    const sinceMs = status.mtimeMs;
    const who = { network, address: text, containerId, ifName: ifName || (cached?.ifName ?? "") };
    return [{ ...who, sinceMs, reservation: path, ...boot(sinceMs, query), ...netnsOf(cached) }];
  });
}

function cachedAddresses(attachment: CachedAttachment, query: HoldingsQuery): readonly Holding[] {
  const { network, containerId, ifName, writtenAtMs } = attachment;
  return addressesOf(attachment).map((address) => ({
    network,
    address,
    containerId,
    ifName,
    sinceMs: writtenAtMs,
    reservation: undefined,
    ...boot(writtenAtMs, query),
    ...netnsOf(attachment),
  }));
}

/** The addresses of an attachment's result; none where it cannot be read. */
export function addressesOf({ result }: CachedAttachment): readonly string[] {
  try {
    return decodeResult(result).ips.map((ip) => formatAddress(ip.address.address));
  } catch {
    return [];
  }
}

function boot(sinceMs: number, { bootedAtMs }: HoldingsQuery) {
  return { isOfThisBoot: sinceMs >= bootedAtMs };
}

function netnsOf(cached: CachedAttachment | undefined) {
  const netns = cached?.netns ?? "";
  return {
    netns,
    isCached: cached !== undefined,
    hasNetns: netns === "" ? undefined : existsSync(netns),
  };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
