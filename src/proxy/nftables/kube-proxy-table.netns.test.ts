import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { seededRandom } from "../../base/testing/mod.ts";
import { type Conn, NetlinkError } from "../../netlink/mod.ts";
import { Netns, withNetns } from "../../netns/mod.ts";
import { listTables, openNft, Transaction } from "../../nft/mod.ts";
import { portKey, routeServicePort, type ServiceObject, ServiceStore } from "../model/mod.ts";
import type { RoutingSettings } from "../settings.ts";
import { service, settings, slice } from "../testing/objects.ts";
import { KubeProxyTable, removeKubeProxyTables, type ServiceChange, serviceRules } from "./mod.ts";

const NODE = { name: "node-0" };

let netns: Netns;
let conn: Conn;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => openNft());
});
afterEach(() => {
  conn[Symbol.dispose]();
  netns[Symbol.dispose]();
});

function nft(...args: readonly string[]): string {
  return withNetns(netns, () => Bun.spawnSync(["nft", ...args])).stdout.toString();
}

/** The table as text, apart from the order of objects and elements, counters of time and stale chains. */
function shown(): readonly string[] {
  const text = nft("-n", "-s", "list", "table", "ip", "kube-proxy");
  const blocks = text.split("\n\n").map((block) =>
    block.replace(/elements = \{([^}]*)\}/, (_whole, list: string) =>
      list
        .split(",")
        .map((one) => one.trim())
        .sort()
        .join(", "),
    ),
  );
  const isEmptyChain = /chain \S+\/\S+ \{\s*\}/;
  return blocks
    .map((block) =>
      block.replace(/^table ip kube-proxy \{\n\s*comment.*\n/, "").replace(/\}\n?\}\n?$/, "}"),
    )
    .filter((block) => !isEmptyChain.test(block))
    .map((block) => block.trim())
    .sort();
}

function changeOf(store: ServiceStore, name: string, used: RoutingSettings): ServiceChange {
  const { ports, endpoints } = store.state(name);
  return [
    name,
    ports.map((port) =>
      serviceRules(routeServicePort(port, endpoints.get(portKey(port)) ?? [], NODE), used),
    ),
  ];
}

function all(store: ServiceStore, used = settings()): readonly ServiceChange[] {
  return [...store.services].map((name) => changeOf(store, name, used));
}

function update(table: KubeProxyTable, store: ServiceStore, nowMs = 0): boolean {
  return table.update(
    store.takeChanges().map((name) => changeOf(store, name, settings())),
    nowMs,
  );
}

const STICKY = { sessionAffinity: "ClientIP" };
const LOCAL = { type: "NodePort", externalTrafficPolicy: "Local" };

function specs(i: number): readonly ServiceObject["spec"][] {
  const clusterIP = `10.32.0.${10 + i}`;
  const ports = [{ name: "http", protocol: "TCP", port: 80, nodePort: 30_000 + i }];
  return [
    { clusterIP },
    { clusterIP, ...STICKY },
    { clusterIP, ...STICKY, sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
    { clusterIP, type: "NodePort", ports },
    { clusterIP, ...LOCAL, ports },
    { clusterIP, ...LOCAL, ...STICKY, ports },
    { clusterIP, internalTrafficPolicy: "Local" },
    // Given to two Services at once by mistake: the first by name has it.
    { clusterIP, externalIPs: ["192.0.2.80"] },
    { clusterIP, ports: [...ports, { name: "dns", protocol: "UDP", port: 53 }] },
  ];
}

describe("KubeProxyTable", () => {
  test("writing changes one by one ends in what writing everything at once gives", () => {
    const seed = 6;
    const random = seededRandom(seed);
    const store = new ServiceStore(4, NODE.name);
    const table = new KubeProxyTable(conn, 4);
    table.rebuild([], settings(), 0);
    for (let step = 0; step < 120; step++) {
      const i = random(6);
      const name = `s${i}`;
      const options = specs(i);
      const endpoints = Array.from({ length: random(12) }, (_, k) => ({
        ip: `10.200.${random(2)}.${k + 1}`,
        node: `node-${random(2)}`,
        ready: random(4) > 0,
        terminating: random(5) === 0,
      }));
      const kind = random(5);
      if (kind === 0) store.removeService(service(name));
      else if (kind === 1) store.removeSlice(slice(name, []));
      else if (kind === 2) store.setSlice(slice(name, endpoints));
      else store.setService(service(name, options[random(options.length)]));
      update(table, store, step * 10);
      if (step % 10 === 0) table.deleteStale(step * 10);
      if (step % 8 !== 0) continue;
      const incremental = shown();
      using fresh = Netns.create();
      const mine = netns;
      netns = fresh;
      try {
        using other = withNetns(fresh, () => openNft());
        new KubeProxyTable(other, 4).rebuild(all(store), settings(), 0);
        expect({ seed, step, rules: shown() }).toEqual({ seed, step, rules: incremental });
      } finally {
        netns = mine;
      }
    }
  });

  test("a second update with the same state sends nothing", () => {
    const store = new ServiceStore(4, NODE.name);
    store.setService(service("web", { clusterIP: "10.32.0.1" }));
    store.setSlice(slice("web", [{ ip: "10.200.0.1" }]));
    const table = new KubeProxyTable(conn, 4);
    table.rebuild(all(store), settings(), 0);
    store.takeChanges();
    expect(table.update(all(store), 0)).toBe(false);
    store.setSlice(slice("web", [{ ip: "10.200.0.1" }, { ip: "10.200.0.2" }]));
    expect(update(table, store)).toBe(true);
  });

  test("rebuild() takes over what another process wrote, and clients keep their endpoints", () => {
    const store = new ServiceStore(4, NODE.name);
    store.setService(service("web", { clusterIP: "10.32.0.1", ...STICKY }));
    store.setSlice(slice("web", [{ ip: "10.200.0.1" }]));
    new KubeProxyTable(conn, 4).rebuild(all(store), settings(), 0);
    const [set] = /affinity-\S+/.exec(nft("list", "sets", "ip")) ?? [""];
    nft("add", "element", "ip", "kube-proxy", set, "{ 10.200.9.9 }");
    nft("add", "chain", "ip", "kube-proxy", "service-OLD/x");
    nft("add", "element", "ip", "kube-proxy", "cluster-ips", "{ 10.32.0.200 }");
    const table = new KubeProxyTable(conn, 4);
    table.rebuild(all(store), settings({ masqueradeAll: true }), 0);
    expect(nft("list", "set", "ip", "kube-proxy", set)).toContain("10.200.9.9");
    expect(nft("list", "ruleset")).toContain("masquerade all clusterIP traffic");
    expect(nft("list", "ruleset")).not.toContain("10.32.0.200");
    table.deleteStale(1000);
    expect(nft("list", "ruleset")).not.toContain("service-OLD");
    expect(table.hasStale).toBe(false);
  });

  test("a refused transaction leaves the rules as they were, and rebuild() repairs", () => {
    const store = new ServiceStore(4, NODE.name);
    store.setService(service("web", { clusterIP: "10.32.0.1" }));
    store.setSlice(slice("web", [{ ip: "10.200.0.1" }]));
    const table = new KubeProxyTable(conn, 4);
    table.rebuild(all(store), settings(), 0);
    store.takeChanges();
    const good = shown();
    expect(table.isIntact()).toBe(true);
    new Transaction()
      .flushSet({ family: "ip", table: "kube-proxy", set: "service-ips" })
      .commit(conn);
    store.removeService(service("web"));
    expect(() => update(table, store)).toThrow(NetlinkError);
    store.setService(service("web", { clusterIP: "10.32.0.1" }));
    table.rebuild(all(store), settings(), 0);
    expect(shown()).toEqual(good);
    nft("flush", "ruleset");
    expect(table.isIntact()).toBe(false);
    table.rebuild(all(store), settings(), 0);
    expect(shown()).toEqual(good);
  });

  test("an unused chain waits a second, and is used again if it comes back before", () => {
    const store = new ServiceStore(4, NODE.name);
    const table = new KubeProxyTable(conn, 4);
    store.setService(service("web", { clusterIP: "10.32.0.1" }));
    store.setSlice(slice("web", [{ ip: "10.200.0.1" }]));
    table.rebuild(all(store), settings(), 0);
    store.takeChanges();
    store.removeSlice(slice("web", []));
    update(table, store, 100);
    table.deleteStale(500);
    expect(nft("list", "chains", "ip")).toContain("default/web");
    store.setSlice(slice("web", [{ ip: "10.200.0.2" }]));
    update(table, store, 600);
    table.deleteStale(5000);
    expect(nft("list", "ruleset")).toContain("dnat to 10.200.0.2:8080");
  });

  test("a name too long for the kernel is cut and stays unique", () => {
    const store = new ServiceStore(4, NODE.name);
    const long = "n".repeat(63);
    const ports = [{ name: "p".repeat(63), protocol: "SCTP", port: 80 }];
    for (const [i, last] of ["a", "b"].entries()) {
      const name = `${"s".repeat(62)}${last}`;
      const object = service(name, { clusterIP: `10.32.0.${i + 1}`, ports, ...STICKY });
      store.setService({ ...object, metadata: { namespace: long, name } });
    }
    const table = new KubeProxyTable(conn, 4);
    table.rebuild(all(store), settings(), 0);
    expect(table.isIntact()).toBe(true);
  });

  test("removeKubeProxyTables() takes both families' tables and nothing else", () => {
    new Transaction().addTable({ family: "ip", table: "other" }).commit(conn);
    new KubeProxyTable(conn, 4).rebuild([], settings(), 0);
    removeKubeProxyTables(conn);
    removeKubeProxyTables(conn);
    expect(listTables(conn)).toEqual([{ family: "ip", table: "other" }]);
  });

  test.each([1, 1000, 10_000])("the first sync of %i Services is one transaction", (count) => {
    const store = new ServiceStore(4, NODE.name);
    for (let i = 0; i < count; i++) {
      const clusterIP = `10.${32 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
      store.setService(service(`s${i}`, { clusterIP }));
      store.setSlice(slice(`s${i}`, [{ ip: "10.200.0.1" }, { ip: "10.200.0.2" }]));
    }
    const table = new KubeProxyTable(conn, 4);
    table.rebuild(all(store), settings(), 0);
    expect(table.isIntact()).toBe(true);
  });
});
