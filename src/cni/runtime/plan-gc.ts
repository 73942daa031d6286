import type { Attachment } from "../conf/plugin-conf.ts";
import { decodeResult } from "../result/decode-result.ts";
import { addressesOf, type Holding } from "./holdings.ts";
import type { CachedAttachment } from "./result-cache.ts";

/** An attachment of a network, and why a GC keeps or releases it. */
export interface GcEntry extends Attachment {
  readonly addresses: readonly string[];
  /** The path of its namespace; empty where nobody knows. */
  readonly netns: string;
  readonly why: string;
}

/** What a GC of a network does. */
export interface GcPlan {
  readonly kept: readonly GcEntry[];
  readonly released: readonly GcEntry[];
}

/** What is known of a network's attachments. */
export interface GcFacts {
  readonly cached: readonly CachedAttachment[];
  /** Addresses that are reserved, whether the cache knows the attachment or not. */
  readonly holdings: readonly Holding[];
  /** Attachments that have a link on this host: a link goes with its pod's namespace. */
  readonly linked: readonly Attachment[];
  readonly bootedAtMs: number;
  readonly isNetns: (path: string) => boolean;
}

/** Which attachments are valid. */
export interface GcChoice {
  readonly keep: readonly Attachment[];
  /** Keep what lives too, and what nobody knows to be gone. */
  readonly keepsLive: boolean;
}

/**
 * Decides about every attachment that is known. With `keepsLive`, one is released only where it is
 * certain that its namespace is gone: a cache that does not name it (containerd 1.6 writes such) and
 * an address without a cache entry prove nothing.
 */
export function planGc(facts: GcFacts, { keep, keepsLive }: GcChoice): GcPlan {
  const kept: GcEntry[] = [];
  const released: GcEntry[] = [];
  for (const [key, entry] of knownEntries(facts)) {
    const isKept = keep.some((one) => keyOf(one) === key);
    if (isKept) kept.push({ ...entry, why: "named by --keep" });
    else if (keepsLive && !entry.isGone) kept.push(withoutGone(entry));
    else released.push(keepsLive ? withoutGone(entry) : { ...withoutGone(entry), why: "not kept" });
  }
  for (const one of keep) {
    if (kept.some((entry) => keyOf(entry) === keyOf(one))) continue;
    kept.push({ ...one, addresses: [], netns: "", why: "named by --keep" });
  }
  return { kept, released };
}

interface Known extends GcEntry {
  readonly isGone: boolean;
}

function withoutGone({ isGone: _, ...entry }: Known): GcEntry {
  return entry;
}

function knownEntries(facts: GcFacts): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  for (const cached of facts.cached) known.set(keyOf(cached), cachedEntry(cached, facts));
  for (const holding of facts.holdings) {
    const { containerId, ifName, address, isOfThisBoot, isCached } = holding;
    if (isCached || containerId === "") continue;
    const one = { containerId, ifName: ifName === "" ? "eth0" : ifName };
    const before = known.get(keyOf(one));
    const addresses = [...(before?.addresses ?? []), address];
    const why = isOfThisBoot
      ? "reserved, and the cache does not know whether it lives"
      : "reserved before the last start of this machine";
    known.set(keyOf(one), { ...one, addresses, netns: "", why, isGone: !isOfThisBoot });
  }
  for (const one of facts.linked) {
    const before = known.get(keyOf(one)) ?? { addresses: [], netns: "" };
    known.set(keyOf(one), { ...before, ...one, why: "its link is there", isGone: false });
  }
  return known;
}

function cachedEntry(cached: CachedAttachment, { bootedAtMs, isNetns }: GcFacts): Known {
  const { containerId, ifName, writtenAtMs } = cached;
  const netns = netnsOf(cached);
  const base = { containerId, ifName, addresses: addressesOf(cached), netns };
  if (writtenAtMs < bootedAtMs) {
    return { ...base, why: "attached before the last start of this machine", isGone: true };
  }
  if (netns === "") return { ...base, why: "its namespace is not known", isGone: false };
  return isNetns(netns)
    ? { ...base, why: "its namespace is there", isGone: false }
    : { ...base, why: "its namespace is gone", isGone: true };
}

/** The namespace of the entry; where it has none, the sandbox that ADD's result names. */
function netnsOf({ netns, result, ifName }: CachedAttachment): string {
  if (netns !== "") return netns;
  try {
    const links = decodeResult(result).interfaces.filter(({ sandbox }) => sandbox !== undefined);
    return (links.find(({ name }) => name === ifName) ?? links[0])?.sandbox ?? "";
  } catch {
    return "";
  }
}

function keyOf({ containerId, ifName }: Attachment): string {
  return `${containerId}/${ifName}`;
}
