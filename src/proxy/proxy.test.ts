import { describe, expect, test } from "bun:test";
import { parseKubeProxyConfig } from "../config/mod.ts";
import type { ConntrackEntry } from "../conntrack/mod.ts";
import { readProxyConfig } from "./config/mod.ts";
import { conntrackSysctls, staleUdp } from "./conntrack/mod.ts";
import { HealthState, healthCheckAnswer, healthCheckOf } from "./health/mod.ts";
import { portKey, ServiceStore } from "./model/mod.ts";
import { readNode, unknownNode } from "./node-facts.ts";
import { routingSettings } from "./routing-settings.ts";
import { SyncTimer } from "./sync-timer.ts";
import { address, service, slice } from "./testing/objects.ts";

/** A clock that stands still until it is told; sleeps end when their time has come. */
class TestClock {
  #now = 1_000_000;
  #sleeping: { readonly untilMs: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleeping.push({ untilMs: this.#now + ms, wake: resolve });
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#sleeping.filter(({ untilMs }) => untilMs <= this.#now);
    this.#sleeping = this.#sleeping.filter(({ untilMs }) => untilMs > this.#now);
    for (const { wake } of due) wake();
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("SyncTimer", () => {
  const TIMES = { minMs: 1000, retryMs: { first: 500, most: 2000 } };

  test("runs at once, then not more often than minMs, and once for what came together", async () => {
    const clock = new TestClock();
    const timer = new SyncTimer(clock, TIMES);
    const end = new AbortController();
    let syncs = 0;
    const running = timer.run(async () => ++syncs > 0, end.signal);
    await settle();
    expect(syncs).toBe(0);
    timer.request();
    await settle();
    expect(syncs).toBe(1);
    timer.request();
    timer.request();
    await clock.advance(999);
    expect(syncs).toBe(1);
    await clock.advance(1);
    expect(syncs).toBe(2);
    await clock.advance(5000);
    expect(syncs).toBe(2);
    timer.request();
    await settle();
    expect(syncs).toBe(3);
    end.abort();
    await running;
  });

  test("tries again by itself, later each time, until it works", async () => {
    const clock = new TestClock();
    const timer = new SyncTimer(clock, TIMES);
    const end = new AbortController();
    let tries = 0;
    const running = timer.run(async () => ++tries > 5, end.signal);
    timer.request();
    await settle();
    for (const [waitMs, want] of [
      [499, 1],
      [1, 2],
      [1000, 3],
      [2000, 4],
      [2000, 5],
      [2000, 6],
      [9000, 6],
    ] as const) {
      await clock.advance(waitMs);
      expect(tries).toBe(want);
    }
    end.abort();
    await running;
  });
});

describe("HealthState", () => {
  test("a change that waits too long is unhealthy, until it is written", async () => {
    const clock = new TestClock();
    const health = new HealthState(clock, 60_000);
    expect(health.report("healthz").status).toBe(200);
    health.updated("IPv4");
    health.queued("IPv4");
    await clock.advance(59_999);
    health.queued("IPv4");
    expect(health.report("livez").status).toBe(200);
    await clock.advance(1);
    expect(health.report("healthz")).toMatchObject({
      status: 503,
      body: { healthy: false, nodeEligible: true, status: { IPv4: { healthy: false } } },
    });
    health.updated("IPv4");
    expect(health.report("healthz").status).toBe(200);
  });

  test("a node that is being deleted is not healthy for load balancers, but alive", () => {
    const health = new HealthState(new TestClock(), 60_000);
    health.isNodeEligible = false;
    expect(health.report("healthz").status).toBe(503);
    expect(health.report("livez").status).toBe(200);
    expect(health.report("livez").body).not.toHaveProperty("nodeEligible");
  });
});

test("healthCheckOf() counts this node's ready endpoints by address", () => {
  const store = new ServiceStore(4, "node-0");
  const ports = [
    { name: "http", protocol: "TCP", port: 80, nodePort: 30_080 },
    { name: "https", protocol: "TCP", port: 443, nodePort: 30_443 },
  ];
  store.setService(
    service("web", {
      clusterIP: "10.32.0.1",
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_100,
      ports,
    }),
  );
  const endpoints = [
    { ip: "10.200.0.1", node: "node-0" },
    { ip: "10.200.0.2", node: "node-0", ready: false },
    { ip: "10.200.0.3", node: "node-1" },
  ];
  const both = [
    { name: "http", protocol: "TCP", port: 8080 },
    { name: "https", protocol: "TCP", port: 8443 },
  ];
  store.setSlice(slice("web", endpoints, { ports: both }));
  const state = store.state("default/web");
  const check = healthCheckOf(state.ports, state.endpoints);
  expect(check).toEqual({ service: "default/web", port: 30_100, localEndpoints: 1 });
  if (check === undefined) return;
  expect(healthCheckAnswer(check, true)).toMatchObject({
    status: 200,
    headers: { "x-load-balancing-endpoint-weight": "1" },
    body: { service: { namespace: "default", name: "web" }, localEndpoints: 1 },
  });
  expect(healthCheckAnswer(check, false).status).toBe(503);
  expect(healthCheckAnswer({ ...check, localEndpoints: 0 }, true).status).toBe(503);
});

describe("staleUdp()", () => {
  const store = new ServiceStore(4, "node-0");
  const dns = [{ name: "dns", protocol: "UDP", port: 53, nodePort: 30_053 }];
  store.setService(service("dns", { clusterIP: "10.32.0.10", type: "NodePort", ports: dns }));
  const [port] = store.state("default/dns").ports;
  if (port === undefined) throw new Error("The Service has no port");
  const endpoints = (ready: boolean) => {
    const ports = [{ name: "dns", protocol: "UDP", port: 5353 }];
    const one = { ip: "10.200.0.1", ready, serving: ready };
    store.setSlice(slice("dns", [one], { ports }));
    return store.state("default/dns").endpoints.get(portKey(port)) ?? [];
  };
  const entry = (to: string, toPort: number, from: string, protocol = 17): ConntrackEntry => ({
    id: 1,
    name: new Uint8Array(),
    mark: 0,
    zone: 0,
    original: {
      source: address("10.200.0.9"),
      destination: address(to),
      protocol,
      sourcePort: 4000,
      destinationPort: toPort,
    },
    reply: {
      source: address(from),
      destination: address("10.200.0.9"),
      protocol,
      sourcePort: 5353,
      destinationPort: 4000,
    },
  });

  test.each([
    {
      name: "to an endpoint that serves",
      entry: entry("10.32.0.10", 53, "10.200.0.1"),
      want: false,
    },
    { name: "to one that is gone", entry: entry("10.32.0.10", 53, "10.200.0.2"), want: true },
    { name: "by the node port", entry: entry("192.0.2.10", 30_053, "10.200.0.2"), want: true },
    { name: "to nobody's address", entry: entry("10.32.0.11", 53, "10.200.0.2"), want: false },
    { name: "TCP", entry: entry("10.32.0.10", 53, "10.200.0.2", 6), want: false },
  ])("$name: $want", ({ entry: tracked, want }) => {
    expect(staleUdp([{ port, endpoints: endpoints(true) }])(tracked)).toBe(want);
  });

  test("a Service without endpoints keeps its connections", () => {
    const stale = staleUdp([{ port, endpoints: endpoints(false) }]);
    expect(stale(entry("10.32.0.10", 53, "10.200.0.2"))).toBe(false);
  });
});

test.each([
  { maxPerCore: 0, min: 5, cores: 4, want: undefined },
  { maxPerCore: 32_768, min: 131_072, cores: 2, want: 131_072 },
  { maxPerCore: 32_768, min: 131_072, cores: 8, want: 262_144 },
  { maxPerCore: 32_768, min: 131_072, cores: 256, want: 1_048_576 },
])("nf_conntrack_max of %o", ({ maxPerCore, min, cores, want }) => {
  const all = conntrackSysctls({ maxPerCore, min, tcpBeLiberal: false, udpSeconds: 30 }, cores);
  expect(all.find(({ name }) => name === "nf_conntrack_max")?.value).toBe(want);
  expect(all.filter(({ name }) => name !== "nf_conntrack_max")).toEqual([
    { name: "nf_conntrack_udp_timeout", value: 30 },
  ]);
});

const HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

function read(yaml: string) {
  const { value } = parseKubeProxyConfig(`${HEAD}${yaml}`, "kube-proxy-config.yaml");
  if (value === undefined) throw new Error("The configuration has no value");
  return readProxyConfig(value);
}

describe("readProxyConfig()", () => {
  test.each([
    { yaml: "mode: kernelspace", message: 'The proxy has no mode "kernelspace"' },
    { yaml: "mode: ipvs", message: 'The proxy has no mode "ipvs"' },
    {
      yaml: "mode: nftables\nenableProfiling: true",
      message: "enableProfiling needs Go's profiler",
    },
    { yaml: "mode: nftables\nwindowsRunAsService: true", message: "windowsRunAsService is for" },
    {
      yaml: "mode: nftables\nlogging: {format: json}",
      message: "The proxy writes its log as text",
    },
  ])("refuses $yaml by name", ({ yaml, message }) => {
    const [problem] = read(yaml).problems;
    expect(problem?.message).toStartWith(message);
    expect(problem?.locations[0]?.line).toBeGreaterThan(2);
  });

  test("takes defaults and what the file says", () => {
    const { config, problems } = read(
      "mode: nftables\nbindAddress: 192.0.2.10\nclusterCIDR: 10.200.0.0/16,fd00::/48\n" +
        'metricsBindAddress: ""\nhealthzBindAddress: "[::]:1025"\nnftables: {minSyncPeriod: 250ms}\n',
    );
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      nodeAddress: "192.0.2.10",
      healthz: { host: "::", port: 1025 },
      syncPeriodMs: 30_000,
      minSyncPeriodMs: 250,
      masqueradeBit: 14,
      nodePortAddresses: "primary",
      localDetection: { mode: "ClusterCIDR" },
    });
    if (config === undefined) return;
    const node = readNode({
      metadata: { name: "node-0", labels: { "topology.kubernetes.io/zone": "z1" } },
      spec: { podCIDRs: ["10.200.0.0/24"] },
      status: { addresses: [{ type: "InternalIP", address: "fd00::10" }] },
    });
    const of = (family: 4 | 6) =>
      routingSettings({
        ...{ family, config, node, hostAddresses: [], serviceCidrs: [], isLiberal: false },
      });
    expect(of(4).nodePortAddresses).toEqual([address("192.0.2.10")]);
    expect(of(6).nodePortAddresses).toEqual([address("fd00::10")]);
    expect(of(6).localTraffic).toMatchObject({ by: "cidr", cidr: { family: 6 } });
    expect(of(4).masqueradeMark).toBe(0x4000);
  });

  test("node port addresses are those of the machine within the ranges, but not loopback", () => {
    const { config } = read("mode: nftables\nnodePortAddresses: [192.0.2.0/24, 127.0.0.0/8]\n");
    if (config === undefined) throw new Error("The configuration is refused");
    const hostAddresses = ["192.0.2.10", "198.51.100.1", "127.0.0.1"].map(address);
    const node = unknownNode("node-0");
    const input = { config, node, hostAddresses, serviceCidrs: [], isLiberal: false };
    expect(routingSettings({ ...input, family: 4 }).nodePortAddresses).toEqual([
      address("192.0.2.10"),
    ]);
    expect(node.isEligible).toBe(false);
  });
});

test("readNode() says whether load balancers may use the node", () => {
  const taint = { key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" };
  const metadata = { name: "node-0" };
  expect(readNode({ metadata }).isEligible).toBe(true);
  expect(readNode({ metadata, spec: { taints: [taint] } }).isEligible).toBe(false);
  const deletionTimestamp = "2026-12-01T00:00:00Z";
  expect(readNode({ metadata: { ...metadata, deletionTimestamp } }).isEligible).toBe(false);
});
