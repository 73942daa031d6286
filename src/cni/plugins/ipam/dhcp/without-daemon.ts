import { existsSync } from "node:fs";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { ownerKey } from "./client-id.ts";
import { bootClock } from "./daemon/boot-clock.ts";
import { giveBack, type LeaseHost } from "./daemon/lease-host.ts";
import { journalDirectory, LeaseJournal } from "./daemon/lease-journal.ts";
import { kernelLinks } from "./daemon/links.ts";
import { readSocketPath } from "./ipam-conf.ts";

/**
 * What a daemon that does not run would have given back for a DEL or GC: done here, out of its
 * journal. False where another process has the journal open: a daemon that begins or ends.
 */
export async function giveBackWithoutDaemon(
  request: PluginRequest,
  { log }: PluginHost,
): Promise<boolean> {
  const directory = journalDirectory(readSocketPath(request.conf.ipam));
  if (!existsSync(directory)) return true;
  using journal = LeaseJournal.tryOpen(directory);
  if (journal === undefined) return false;
  const host: LeaseHost = {
    clock: bootClock,
    random: Math.random,
    log,
    // Nothing is waited for: a RELEASE has no answer.
    settings: { timeoutMs: 0, resendMaxMs: 0, resendTimeoutMs: 0, broadcast: false },
    links: kernelLinks(bootClock, ""),
    journal,
  };
  const isOver = overOwners(request);
  const records = journal.read(log).filter(({ owner }) => isOver(ownerKey(owner), owner.network));
  await attemptAll(records.map((record) => () => giveBack(host, record)));
  return true;
}

/** DEL: the attachment itself. GC: those of the network that are not valid. */
function overOwners(request: PluginRequest): (key: string, network: string) => boolean {
  const { command, containerId, ifName, conf } = request;
  const keyOf = (one: { readonly containerId: string; readonly ifName: string }): string =>
    ownerKey({ ...one, network: conf.name });
  if (command !== "GC") return (key) => key === keyOf({ containerId, ifName });
  const valid = new Set((conf.validAttachments ?? []).map(keyOf));
  return (key, network) => network === conf.name && !valid.has(key);
}
