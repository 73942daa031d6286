import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the proxy counts and times, with kube-proxy's names. Times are seconds. */
export interface ProxyMetrics {
  /** A sync of a family that the kernel took. */
  synced(sync: {
    readonly family: string;
    readonly seconds: number;
    readonly isFull: boolean;
    readonly forgotten: number;
  }): void;
  failed(family: string): void;
  queued(family: string): void;
  /** `/healthz` or `/livez` has answered. */
  answered(endpoint: "healthz" | "livez", status: number): void;
  /** The text format of Prometheus, version 0.0.4. */
  text(): Promise<string>;
}

/** kube-proxy's buckets: 1 ms, doubled fourteen times. */
const BUCKETS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

export function createProxyMetrics(now: () => number): ProxyMetrics {
  const registry = new Registry();
  const shared = { labelNames: ["ip_family" as const], registers: [registry] };
  const histogram = (name: string, help: string) =>
    new Histogram({ name: `kubeproxy_${name}`, help, buckets: BUCKETS, ...shared });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `kubeproxy_${name}`, help, ...shared });
  const counter = (name: string, help: string) =>
    new Counter({ name: `kubeproxy_${name}`, help, ...shared });
  const all = histogram("sync_proxy_rules_duration_seconds", "Time of a sync");
  const full = histogram("sync_full_proxy_rules_duration_seconds", "Time of a sync of everything");
  const partial = histogram(
    "sync_partial_proxy_rules_duration_seconds",
    "Time of a sync of what changed",
  );
  const last = gauge("sync_proxy_rules_last_timestamp_seconds", "The last sync that was taken");
  const lastQueued = gauge(
    "sync_proxy_rules_last_queued_timestamp_seconds",
    "The last time a sync was asked for",
  );
  const failures = counter(
    "sync_proxy_rules_nftables_sync_failures_total",
    "Syncs that the kernel refused",
  );
  const forgotten = counter(
    "conntrack_reconciler_deleted_entries_total",
    "UDP connections that were forgotten, since their endpoint is gone",
  );
  const health = Object.fromEntries(
    (["healthz", "livez"] as const).map((endpoint) => [
      endpoint,
      new Counter({
        name: `kubeproxy_proxy_${endpoint}_total`,
        help: `Answers of /${endpoint} by status`,
        labelNames: ["code"],
        registers: [registry],
      }),
    ]),
  );
  return {
    synced: ({ family, seconds, isFull, forgotten: count }) => {
      const labels = { ip_family: family };
      all.observe(labels, seconds);
      (isFull ? full : partial).observe(labels, seconds);
      last.set(labels, now() / 1000);
      forgotten.inc(labels, count);
    },
    failed: (family) => failures.inc({ ip_family: family }),
    queued: (family) => lastQueued.set({ ip_family: family }, now() / 1000),
    answered: (endpoint, status) => health[endpoint]?.inc({ code: String(status) }),
    text: () => registry.metrics(),
  };
}
