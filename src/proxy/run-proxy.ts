import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { type Clock, type Logger, messageOf } from "../base/mod.ts";
import type { Cidr } from "../ip/mod.ts";
import { KubeClient, loadConnection } from "../kube/client/mod.ts";
import { Conn } from "../netlink/mod.ts";
import { openNft, watchTable } from "../nft/mod.ts";
import { listAddresses } from "../rtnl/mod.ts";
import { watchApi } from "./api-watches.ts";
import type { ProxyConfig } from "./config/mod.ts";
import { conntrackSysctls } from "./conntrack/mod.ts";
import { FamilyProxy } from "./family-proxy.ts";
import {
  HealthCheckServers,
  HealthState,
  type IpFamilyName,
  type Listener,
  listen,
} from "./health/mod.ts";
import { createProxyMetrics, type ProxyMetrics } from "./metrics.ts";
import { TABLE_NAME } from "./nftables/mod.ts";
import { type NodeFacts, unknownNode } from "./node-facts.ts";
import { routingSettings } from "./routing-settings.ts";
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
  await applyConntrack(config, log);
  for (const listener of await startServers(config, { health, metrics, log }))
    servers.use(listener);

  let node: NodeFacts = unknownNode(nodeName);
  let serviceCidrs: readonly Cidr[] = [];
  const settings = (family: 4 | 6) =>
    routingSettings({ family, config, node, serviceCidrs, hostAddresses: hostAddresses() });
  const proxies = FAMILIES.map((family) => new FamilyProxy(conn, settings(family), node));
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
  const tidying = tidy(proxies, { config, deps, reconfigure });
  const guarding = guard(proxies, { conn, deps, request });
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
function syncAll(
  proxies: readonly FamilyProxy[],
  { clock, log, health, metrics, checks }: SyncParts,
): boolean {
  let isGood = true;
  for (const proxy of proxies) {
    if (!proxy.isDue) continue;
    const family = FAMILY_NAME[proxy.family];
    const startedMs = performance.now();
    try {
      const { services, isFull, forgotten } = proxy.sync(clock.now());
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

/** Deletes chains that nobody uses, and looks for new addresses of this machine. */
async function tidy(
  proxies: readonly FamilyProxy[],
  parts: {
    readonly config: ProxyConfig;
    readonly deps: ProxyDeps;
    readonly reconfigure: () => void;
  },
): Promise<void> {
  const { config, deps, reconfigure } = parts;
  const { clock, log, signal } = deps;
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
    if (clock.now() - addressesMs < config.syncPeriodMs) continue;
    addressesMs = clock.now();
    reconfigure();
  }
}

const TIDY_MS = 1000;

/** Writes everything again as soon as somebody else has changed the table. */
async function guard(
  proxies: readonly FamilyProxy[],
  parts: { readonly conn: Conn; readonly deps: ProxyDeps; readonly request: () => void },
): Promise<void> {
  const { conn, deps, request } = parts;
  const { log, signal } = deps;
  for await (const change of watchTable(TABLE_NAME, signal)) {
    if (change?.port === conn.port) continue;
    for (const proxy of proxies) {
      const isMeant =
        change === undefined ? !proxy.isIntact() : change.family === proxy.table.family;
      if (!isMeant) continue;
      log.warn("Somebody else has changed the rules: all of them are written again", {
        family: FAMILY_NAME[proxy.family],
      });
      proxy.requireRebuild();
    }
    request();
  }
}

function hostAddresses() {
  using conn = Conn.open();
  return listAddresses(conn).map(({ address }) => address);
}

/** A size or time that may not be set (in a container) is a warning: traffic flows all the same. */
async function applyConntrack(config: ProxyConfig, log: Logger): Promise<void> {
  for (const { name, value } of conntrackSysctls(config.conntrack, navigator.hardwareConcurrency)) {
    const path = `/proc/sys/net/netfilter/${name}`;
    try {
      if ((await readFile(path, "utf8")).trim() === String(value)) continue;
      await writeFile(path, String(value));
      log.info("Set a sysctl", { name, value });
    } catch (thrown) {
      const reason = messageOf(thrown);
      log.warn("Cannot set a sysctl of connection tracking", { name, value, reason });
    }
  }
}

/** /healthz and /livez for others, what is for administrators on the metrics address. */
async function startServers(
  config: ProxyConfig,
  { health, metrics, log }: Pick<SyncParts, "health" | "metrics" | "log">,
): Promise<readonly Listener[]> {
  const started: Listener[] = [];
  const start = async (...args: Parameters<typeof listen>): Promise<void> => {
    try {
      started.push(await listen(...args));
    } catch (thrown) {
      if (config.bindAddressHardFail) throw thrown;
      const { host, port } = args[0];
      const reason = messageOf(thrown);
      log.error("Cannot listen", { host, port, reason });
    }
  };
  if (config.healthz !== undefined) {
    await start(config.healthz, (path) => {
      const endpoint = path === "/healthz" ? "healthz" : path === "/livez" ? "livez" : undefined;
      if (endpoint === undefined) return { status: 404, body: "404 page not found\n" };
      const report = health.report(endpoint);
      metrics.answered(endpoint, report.status);
      return report;
    });
  }
  if (config.metrics !== undefined) {
    await start(config.metrics, async (path) => {
      if (path === "/healthz") return { status: 200, body: "ok" };
      if (path === "/proxyMode") return { status: 200, body: config.mode };
      if (path === "/metrics") {
        const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
        return { status: 200, body: await metrics.text(), headers };
      }
      return { status: 404, body: "404 page not found\n" };
    });
  }
  return started;
}
