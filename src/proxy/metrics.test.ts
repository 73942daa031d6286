import { expect, test } from "bun:test";
import { createProxyMetrics } from "./metrics.ts";

test("metrics have kube-proxy's names, a family on each", async () => {
  const metrics = createProxyMetrics(() => 5000);
  metrics.queued("IPv4");
  metrics.synced({ family: "IPv4", seconds: 0.003, isFull: true, forgotten: 2 });
  metrics.synced({ family: "IPv4", seconds: 0.5, isFull: false, forgotten: 0 });
  metrics.failed("IPv6");
  metrics.answered("healthz", 503);
  const lines = (await metrics.text()).split("\n");
  for (const line of [
    'kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"} 2',
    'kubeproxy_sync_full_proxy_rules_duration_seconds_bucket{le="0.004",ip_family="IPv4"} 1',
    'kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1',
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} 5',
    'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"} 5',
    'kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv6"} 1',
    'kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 2',
    'kubeproxy_proxy_healthz_total{code="503"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});
