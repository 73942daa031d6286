import { hostname } from "node:os";
import { type Clock, type Logger, messageOf } from "../base/mod.ts";
import type { Cidr } from "../ip/mod.ts";
import { KubeClient, loadConnection } from "../kube/client/mod.ts";
import type { Conn } from "../netlink/mod.ts";
import { openNft } from "../nft/mod.ts";
import { watchApi } from "./api-watches.ts";
import type { ProxyConfig, ProxyMode } from "./config/mod.ts";
import { FamilyProxy } from "./family-proxy.ts";
import { HealthCheckServers, HealthState, type IpFamilyName } from "./health/mod.ts";
import { Iptables, IptablesWriter, removeKubeChains } from "./iptables/mod.ts";
import { guard, hostAddresses, tidy } from "./keep-rules.ts";
import { applyKernelSettings, isConntrackLiberal } from "./kernel-settings.ts";
import { createProxyMetrics, type ProxyMetrics } from "./metrics.ts";
import { NftablesWriter, removeKubeProxyTables } from "./nftables/mod.ts";
import { type NodeFacts, unknownNode } from "./node-facts.ts";
import type { RouteWriter } from "./route-writer.ts";
import { routingSettings } from "./routing-settings.ts";
import { startServers } from "./start-servers.ts";
import { SyncTimer } from "./sync-timer.ts";

/** What the proxy needs of its process. */
export interface ProxyDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const FAMILIES = [4, 6] as const;
const FAMILY_NAME: Readonly<Record<4 | 6, IpFamilyName>> = { 4: "IPv4", 6: "IPv6" };

/** A sync that the kernel refused is tried again, at first after a second. */
const RETRY_FIRST_MS = 1000;

/**
 * Runs the service proxy until the signal: follows the API and keeps the kernel's rules up to date.
 * The rules stay when it ends, so that a restart interrupts nobody. Rejects with KubeError where the
 * API server refuses for good, with SyscallError where a port is taken and must not be.
 */
export async function runProxy(config: ProxyConfig, deps: ProxyDeps): Promise<void> {
  const { clock, log, signal } = deps;
  const nodeName = (config.hostnameOverride ?? hostname()).trim().toLowerCase();
  const connection = await loadConnection(config.kubeconfig ?? "");
  using client = new KubeClient(connection);
  using conn = openNft();
  const health = new HealthState(clock, 2 * config.syncPeriodMs);
  const metrics = createProxyMetrics(() => clock.now());
  await using checks = new HealthCheckServers(log, () => health.isHealthy);
  await using servers = new AsyncDisposableStack();
  await applyKernelSettings(config, log);
  await removeOtherMode(config.mode, { conn, log });
  const isLiberal = await isConntrackLiberal();
  for (const listener of await startServers(config, { health, metrics, log }))
    servers.use(listener);

  let node: NodeFacts = unknownNode(nodeName);
  let serviceCidrs: readonly Cidr[] = [];
  const settings = (family: 4 | 6) =>
    routingSettings({
      ...{ family, config, node, serviceCidrs, isLiberal, hostAddresses: hostAddresses() },
    });
  const writers = FAMILIES.map((family) => createWriter(config.mode, family, conn));
  const proxies = writers.map(
    (writer, index) =>
      new FamilyProxy({ conn, writer, settings: settings(FAMILIES[index] ?? 4), node }),
  );
  const timer = new SyncTimer(clock, {
    minMs: config.minSyncPeriodMs,
    retryMs: { first: RETRY_FIRST_MS, most: Math.max(RETRY_FIRST_MS, config.syncPeriodMs) },
  });
  let isComplete = false;
  const request = (): void => {
    if (!isComplete) return;
    for (const proxy of proxies) {
      if (!proxy.isDue) continue;
      health.queued(FAMILY_NAME[proxy.family]);
      metrics.queued(FAMILY_NAME[proxy.family]);
    }
    timer.request();
  };
  const reconfigure = (): void => {
    for (const proxy of proxies) proxy.configure(settings(proxy.family), node);
    request();
  };
  log.info("Started", { mode: config.mode, node: nodeName, server: client.server });
  const watching = watchApi(
    client,
    {
      stores: proxies.map(({ store }) => store),
      nodeName,
      onNode: (found) => {
        node = found;
        health.isNodeEligible = found.isEligible;
        reconfigure();
      },
      onServiceCidrs: (found) => {
        serviceCidrs = found;
        reconfigure();
      },
      onChange: () => {
        isComplete = true;
        request();
      },
    },
    { signal, log },
  );
  const syncing = timer.run(
    () => syncAll(proxies, { clock, log, health, metrics, checks }),
    signal,
  );
  const keep = { clock, log, signal, syncPeriodMs: config.syncPeriodMs, request };
  const tidying = tidy(proxies, { ...keep, reconfigure });
  const guarding = guard(proxies, { ...keep, conn, tables: writers[0]?.tables ?? [] });
  await Promise.race([watching, Promise.all([syncing, tidying, guarding])]);
}

interface SyncParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: HealthState;
  readonly metrics: ProxyMetrics;
  readonly checks: HealthCheckServers;
}

/** Syncs each family; a failure of one does not keep the other from its own. */
async function syncAll(
  proxies: readonly FamilyProxy[],
  { clock, log, health, metrics, checks }: SyncParts,
): Promise<boolean> {
  let isGood = true;
  for (const proxy of proxies) {
    if (!proxy.isDue) continue;
    const family = FAMILY_NAME[proxy.family];
    const startedMs = performance.now();
    try {
      const { services, isFull, forgotten } = await proxy.sync(clock.now());
      health.updated(family);
      for (const service of services) {
        const all = proxies.map((one) => one.healthCheck(service));
        checks.set(
          service,
          all.find((check) => check !== undefined),
        );
      }
      const tookMs = performance.now() - startedMs;
      metrics.synced({ family, seconds: tookMs / 1000, isFull, forgotten });
      const ms = Math.round(tookMs * 10) / 10;
      log.info(
        "Synced",
        { family, services: services.length, full: isFull, forgotten, ms },
        isFull ? 0 : 2,
      );
    } catch (thrown) {
      isGood = false;
      metrics.failed(family);
      const reason = messageOf(thrown);
      log.error("Cannot write the rules: all of them are written again", { family, reason });
    }
  }
  return isGood;
}

function createWriter(mode: ProxyMode, family: 4 | 6, conn: Conn): RouteWriter {
  return mode === "nftables"
    ? new NftablesWriter(conn, family)
    : new IptablesWriter(new Iptables(family));
}

/** The mode may have been another one before: its rules would translate first, or as well. */
async function removeOtherMode(
  mode: ProxyMode,
  { conn, log }: { readonly conn: Conn; readonly log: Logger },
): Promise<void> {
  if (mode === "iptables") removeKubeProxyTables(conn);
  else
    await removeAllChains((reason) =>
      log.warn("Cannot remove rules of the mode iptables", { reason }),
    );
}

/** Takes away the rules of all modes; what cannot be is told. */
export async function removeAllRules(note: (reason: string) => void): Promise<void> {
  using conn = openNft();
  removeKubeProxyTables(conn);
  await removeAllChains(note);
}

/** Without iptables nobody can have used it. */
async function removeAllChains(note: (reason: string) => void): Promise<void> {
  for (const family of FAMILIES) {
    if (!Iptables.isInstalled(family)) continue;
    await removeKubeChains(new Iptables(family)).catch((thrown: unknown) =>
      note(messageOf(thrown)),
    );
  }
}
