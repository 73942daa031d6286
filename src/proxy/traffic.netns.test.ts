import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Conn } from "../netlink/mod.ts";
import { withNetns } from "../netns/mod.ts";
import { openNft } from "../nft/mod.ts";
import type { ProxyMode } from "./config/mod.ts";
import { FamilyProxy } from "./family-proxy.ts";
import { Iptables, IptablesWriter, spawnProgram } from "./iptables/mod.ts";
import type { ServiceObject } from "./model/mod.ts";
import { NftablesWriter } from "./nftables/mod.ts";
import { address, cidr, type SliceEndpoint, service, settings, slice } from "./testing/objects.ts";
import { TestNetwork } from "./testing/traffic.ts";

const A = { ip: "10.200.0.11", node: "node-0" };
const B = { ip: "10.200.0.12", node: "node-0" };
const REMOTE = { ip: "10.200.1.11", node: "node-1" };
const CLUSTER_IP = "10.32.0.80";
const NODE_IP = "192.0.2.10";
const EXTERNAL_IP = "203.0.113.5";

let network: TestNetwork;
let conn: Conn;
let proxy: FamilyProxy;
function begin(mode: ProxyMode): void {
  network = new TestNetwork();
  network.serve("podA", "0.0.0.0", 8080, "a");
  network.serve("podB", "0.0.0.0", 8080, "b");
  network.serve("outside", "10.200.1.11", 8080, "remote");
  const node = network.netns("node");
  conn = withNetns(node, () => openNft());
  const writer =
    mode === "nftables"
      ? new NftablesWriter(conn, 4)
      : new IptablesWriter(
          new Iptables(
            4,
            // The program is started by the call, in that namespace.
            (argv, stdin) => withNetns(node, () => ({ done: spawnProgram(argv, stdin) })).done,
          ),
        );
  proxy = new FamilyProxy({ conn, writer, settings: settings(), node: { name: "node-0" } });
}
function end(): void {
  conn[Symbol.dispose]();
  network[Symbol.dispose]();
}

/** Makes `default/web` the only Service, with these endpoints, and writes the rules. */
async function serve(
  spec: ServiceObject["spec"],
  endpoints: readonly SliceEndpoint[],
): Promise<void> {
  const object = service("web", { clusterIP: CLUSTER_IP, ...spec });
  const ingress = spec?.type === "LoadBalancer" ? [{ ip: EXTERNAL_IP }] : [];
  proxy.store.replaceServices([{ ...object, status: { loadBalancer: { ingress } } }]);
  proxy.store.replaceSlices([slice("web", endpoints)]);
  await proxy.sync(Date.now());
}

const PORTS = [{ name: "http", protocol: "TCP", port: 80, nodePort: 30_080 }];
const NODE_PORT = { type: "NodePort", ports: PORTS };
const LOCAL = { ...NODE_PORT, externalTrafficPolicy: "Local" };
const BALANCER = { type: "LoadBalancer", ports: PORTS };

interface Way {
  readonly from: "podA" | "podB" | "node" | "outside";
  readonly to: string;
  readonly port?: number;
  readonly want: string;
  /** In the mode iptables, where that is another answer. */
  readonly iptables?: string;
}
interface Case {
  readonly name: string;
  readonly spec?: ServiceObject["spec"];
  readonly endpoints: readonly SliceEndpoint[];
  readonly ways: readonly Way[];
}

const CASES: readonly Case[] = [
  {
    name: "a cluster IP",
    endpoints: [A],
    ways: [
      { from: "podB", to: CLUSTER_IP, want: "a 10.200.0.12" },
      { from: "node", to: CLUSTER_IP, want: "a 10.200.0.1" },
      // From elsewhere: masqueraded, so that the answer comes back through this node.
      { from: "outside", to: CLUSTER_IP, want: "a 10.200.0.1" },
      { from: "podA", to: CLUSTER_IP, want: "a 10.200.0.1" },
      { from: "podB", to: CLUSTER_IP, port: 81, want: "refused", iptables: "silence" },
      { from: "podB", to: "10.32.0.99", want: "silence" },
    ],
  },
  {
    name: "a cluster IP with an endpoint on another node",
    endpoints: [REMOTE],
    ways: [{ from: "podA", to: CLUSTER_IP, want: "remote 10.200.0.11" }],
  },
  {
    name: "a Service without endpoints",
    spec: NODE_PORT,
    endpoints: [],
    ways: [
      { from: "podA", to: CLUSTER_IP, want: "refused" },
      { from: "node", to: CLUSTER_IP, want: "refused" },
      { from: "outside", to: NODE_IP, port: 30_080, want: "refused" },
    ],
  },
  {
    name: "a node port",
    spec: NODE_PORT,
    endpoints: [A],
    ways: [
      { from: "outside", to: NODE_IP, port: 30_080, want: "a 10.200.0.1" },
      { from: "node", to: NODE_IP, port: 30_080, want: "a 10.200.0.1" },
      { from: "podB", to: NODE_IP, port: 30_080, want: "a 10.200.0.1" },
      { from: "node", to: "127.0.0.1", port: 30_080, want: "refused" },
    ],
  },
  {
    name: "a node port with an endpoint on another node",
    spec: NODE_PORT,
    endpoints: [REMOTE],
    ways: [{ from: "outside", to: NODE_IP, port: 30_080, want: "remote 192.0.2.10" }],
  },
  {
    name: "externalTrafficPolicy Local keeps the client's address",
    spec: LOCAL,
    endpoints: [A, REMOTE],
    ways: [
      { from: "outside", to: NODE_IP, port: 30_080, want: "a 192.0.2.20" },
      { from: "outside", to: NODE_IP, port: 30_080, want: "a 192.0.2.20" },
    ],
  },
  {
    name: "externalTrafficPolicy Local without a local endpoint",
    spec: LOCAL,
    endpoints: [REMOTE],
    ways: [
      { from: "outside", to: NODE_IP, port: 30_080, want: "silence" },
      { from: "podA", to: NODE_IP, port: 30_080, want: "remote 10.200.0.11" },
      { from: "node", to: NODE_IP, port: 30_080, want: "remote 192.0.2.10" },
      { from: "podA", to: CLUSTER_IP, want: "remote 10.200.0.11" },
    ],
  },
  {
    name: "internalTrafficPolicy Local without a local endpoint",
    spec: { internalTrafficPolicy: "Local" },
    endpoints: [REMOTE],
    ways: [{ from: "podA", to: CLUSTER_IP, want: "silence" }],
  },
  {
    name: "an external address",
    spec: { externalIPs: [EXTERNAL_IP] },
    endpoints: [A],
    ways: [
      { from: "outside", to: EXTERNAL_IP, want: "a 10.200.0.1" },
      { from: "podB", to: EXTERNAL_IP, want: "a 10.200.0.1" },
    ],
  },
  {
    name: "a load balancer's source ranges that leave the client out",
    spec: { ...BALANCER, loadBalancerSourceRanges: ["192.0.2.128/25"] },
    endpoints: [A],
    ways: [
      { from: "outside", to: EXTERNAL_IP, want: "silence" },
      { from: "outside", to: NODE_IP, port: 30_080, want: "a 10.200.0.1" },
      { from: "podB", to: CLUSTER_IP, want: "a 10.200.0.12" },
    ],
  },
  {
    name: "a load balancer's source ranges that have the client",
    spec: { ...BALANCER, loadBalancerSourceRanges: ["192.0.2.0/27", "198.51.100.0/24"] },
    endpoints: [A],
    ways: [{ from: "outside", to: EXTERNAL_IP, want: "a 10.200.0.1" }],
  },
];

describe.each(["nftables", "iptables"] as const)(
  "what is sent to a Service arrives: %s",
  (mode) => {
    beforeAll(() => begin(mode));
    afterAll(end);

    test.each(CASES)("$name", async ({ spec = {}, endpoints, ways }) => {
      await serve(spec, endpoints);
      const got = await Promise.all(
        ways.map(async ({ from, to, port = 80 }) => await network.ask(from, to, port)),
      );
      expect(got).toEqual(
        ways.map(({ want, iptables = want }) => (mode === "iptables" ? iptables : want)),
      );
    });

    test.each([2, 3, 8, 9, 20])("each of %i endpoints is used", async (count) => {
      const extra = Array.from({ length: count }, (_, i) => `10.200.0.${100 + i}`);
      for (const ip of extra) network.run("podA", `ip addr add ${ip}/32 dev lo`);
      for (const ip of extra) network.run("node", `ip route add ${ip}/32 via 10.200.0.11`);
      try {
        using servers = new DisposableStack();
        for (const [i, ip] of extra.entries()) {
          servers.use(network.serve("podA", ip, 9090, `e${i}`));
        }
        proxy.store.replaceServices([service("web", { clusterIP: CLUSTER_IP })]);
        const ports = [{ name: "http", protocol: "TCP", port: 9090 }];
        proxy.store.replaceSlices([
          slice(
            "web",
            extra.map((ip) => ({ ip })),
            { ports },
          ),
        ]);
        await proxy.sync(Date.now());
        const seen = new Set<string>();
        // The chance to miss one of 20 in 600 tries is one in 10^12.
        for (let tries = 0; tries < 600 && seen.size < count; tries += 20) {
          const answers = await Promise.all(
            Array.from({ length: 20 }, () => network.ask("podB", CLUSTER_IP, 80)),
          );
          for (const answer of answers) seen.add(answer.split(" ")[0] ?? "");
        }
        expect([...seen].sort()).toEqual(extra.map((_, i) => `e${i}`).sort());
      } finally {
        for (const ip of extra) network.run("node", `ip route del ${ip}/32`);
        for (const ip of extra) network.run("podA", `ip addr del ${ip}/32 dev lo`);
      }
    });

    test("a client keeps its endpoint, also when another one comes; not one that is gone", async () => {
      const sticky = { sessionAffinity: "ClientIP" };
      await serve(sticky, [A, REMOTE]);
      const first = await network.ask("podB", CLUSTER_IP, 80);
      for (let i = 0; i < 10; i++) expect(await network.ask("podB", CLUSTER_IP, 80)).toBe(first);
      await serve(sticky, [A, B, REMOTE]);
      for (let i = 0; i < 10; i++) expect(await network.ask("podB", CLUSTER_IP, 80)).toBe(first);
      const other = first.startsWith("a") ? REMOTE : A;
      await serve(sticky, [other]);
      expect(await network.ask("podB", CLUSTER_IP, 80)).not.toBe(first);
    });

    test("node ports on some addresses only, other ways to know local pods, everything masqueraded", async () => {
      const ways = async (): Promise<readonly string[]> =>
        await Promise.all([
          network.ask("outside", NODE_IP, 30_080),
          network.ask("node", "10.200.0.1", 30_080),
          network.ask("podB", CLUSTER_IP, 80),
        ]);
      await serve(NODE_PORT, [A]);
      const node = { name: "node-0" };
      const configure = async (changes: Parameters<typeof settings>[0]): Promise<void> => {
        proxy.configure(settings(changes), node);
        await proxy.sync(Date.now());
      };
      await configure({ nodePortAddresses: [address(NODE_IP)] });
      expect(await ways()).toEqual(["a 10.200.0.1", "refused", "a 10.200.0.12"]);
      await configure({ localTraffic: { by: "interface", name: "cni0" } });
      expect(await ways()).toEqual(["a 10.200.0.1", "a 10.200.0.1", "a 10.200.0.12"]);
      await configure({ localTraffic: { by: "interfacePrefix", prefix: "veth" } });
      expect((await ways())[2]).toBe("a 10.200.0.1");
      await configure({ masqueradeAll: true });
      expect((await ways())[2]).toBe("a 10.200.0.1");
      await configure({ serviceCidrs: [cidr("10.32.0.0/24"), cidr("10.33.0.0/16")] });
      expect(await network.ask("podB", "10.33.1.1", 80)).toBe("silence");
      proxy.configure(settings(), node);
    });
  },
);
