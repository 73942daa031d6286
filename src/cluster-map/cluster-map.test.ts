import { describe, expect, test } from "bun:test";
import type { EndpointSlice, Service } from "../kube/types/mod.ts";
import type { NetnsNetwork, NodeLink, NodeNetwork, NodePod } from "../node/mod.ts";
import { joinMap } from "./join-map.ts";
import { mapHtml } from "./map-html.ts";
import type { MachineSource, MapSources, NodeSource } from "./map-sources.ts";
import { mapText } from "./map-text.ts";

const traffic = { packets: 10, bytes: 2048, errors: 0, dropped: 0 };

function link(index: number, name: string, change: Partial<NodeLink> = {}): NodeLink {
  return {
    ...{ index, name, kind: "", mac: "", mtu: 1500, isUp: true, masterIndex: null },
    ...{ peerIndex: null, isPeerElsewhere: false, addresses: [], received: traffic, sent: traffic },
    ...change,
  };
}

const veth = (peerIndex: number) => ({ kind: "veth", peerIndex, isPeerElsewhere: true }) as const;

function podNetns(peerIndex: number, address: string): NetnsNetwork {
  return {
    links: [link(1, "lo"), link(2, "eth0", { ...veth(peerIndex), addresses: [`${address}/24`] })],
    routes: [
      { destination: "0.0.0.0/0", gateway: "10.200.0.1", linkIndex: 2, type: "unicast" },
      { destination: "10.200.0.0/24", gateway: null, linkIndex: 2, type: "unicast" },
    ],
  };
}

function pod(name: string, change: Partial<NodePod> = {}): NodePod {
  return {
    ...{ sandboxId: `sandbox-of-${name}`, namespace: "default", name, isReady: true },
    ...{ isHostNetwork: false, network: null, problem: null },
    ...change,
  };
}

const NODE_0: MachineSource = {
  name: "node-0",
  addresses: ["172.30.0.3"],
  podSubnets: ["10.200.0.0/24"],
  routes: [{ destination: "10.200.1.0/24", via: "172.30.0.4" }],
};
const NODE_1: MachineSource = {
  name: "node-1",
  addresses: ["172.30.0.4"],
  podSubnets: ["10.200.1.0/24"],
  routes: [{ destination: "10.200.0.0/24", via: "172.30.0.3" }],
};

/** Nothing is wrong with it. Its uplink is itself a veth, as that of a container is. */
const SOUND: NodeNetwork = {
  host: {
    links: [
      link(1, "lo"),
      link(2, "eth0", { ...veth(77), addresses: ["172.30.0.3/24"] }),
      link(3, "cni0", { kind: "bridge", addresses: ["10.200.0.1/24"] }),
      link(5, "veth12ab34", { ...veth(2), masterIndex: 3 }),
    ],
    routes: [
      { destination: "0.0.0.0/0", gateway: "172.30.0.1", linkIndex: 2, type: "unicast" },
      { destination: "10.200.0.0/24", gateway: null, linkIndex: 3, type: "unicast" },
      { destination: "10.200.1.0/24", gateway: "172.30.0.4", linkIndex: 2, type: "unicast" },
    ],
  },
  pods: [
    pod("web-1", { network: podNetns(5, "10.200.0.5") }),
    pod("proxy", { namespace: "kube-system", isHostNetwork: true }),
  ],
  podsProblem: null,
  reservations: [
    {
      network: "bridge",
      address: "10.200.0.5",
      containerId: "sandbox-of-web-1",
      ifName: "eth0",
    },
  ],
  frontends: [
    { address: "10.32.0.44", protocol: 6, port: 80, hasEndpoints: true },
    { address: "", protocol: 6, port: 30_080, hasEndpoints: true },
  ],
  flows: [
    {
      ...{ protocol: 6, address: "10.32.0.44", port: 80 },
      ...{ toAddress: "10.200.0.5", toPort: 8080, connections: 2 },
    },
    // By the node port.
    {
      ...{ protocol: 6, address: "172.30.0.3", port: 30_080 },
      ...{ toAddress: "10.200.0.5", toPort: 8080, connections: 1 },
    },
    // Another Service's, and another protocol's.
    {
      ...{ protocol: 6, address: "10.32.0.99", port: 81 },
      ...{ toAddress: "10.200.0.5", toPort: 8080, connections: 50 },
    },
    {
      ...{ protocol: 17, address: "10.32.0.44", port: 80 },
      ...{ toAddress: "10.200.0.5", toPort: 8080, connections: 50 },
    },
  ],
};

const WEB: Service = {
  metadata: { namespace: "default", name: "web" },
  spec: {
    type: "NodePort",
    clusterIP: "10.32.0.44",
    clusterIPs: ["10.32.0.44"],
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30_080 }],
  },
};
const WEB_SLICE: EndpointSlice = {
  metadata: {
    namespace: "default",
    name: "web-abc",
    labels: { "kubernetes.io/service-name": "web" },
  },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints: [
    {
      addresses: ["10.200.0.5"],
      nodeName: "node-0",
      targetRef: { kind: "Pod", namespace: "default", name: "web-1" },
    },
    {
      addresses: ["10.200.1.7"],
      conditions: { ready: false },
      nodeName: "node-1",
      targetRef: { kind: "Pod", namespace: "default", name: "web-2" },
    },
  ],
};

function sources(
  network: Partial<NodeNetwork> = {},
  change: { readonly node?: Partial<NodeSource>; readonly services?: MapSources["services"] } = {},
): MapSources {
  return {
    takenAt: "2026-01-01T00:00:00.000Z",
    machines: [NODE_0, NODE_1],
    nodes: [{ ...NODE_0, network: { ...SOUND, ...network }, ...change.node }],
    services: change.services ?? { ok: true, services: [WEB], slices: [WEB_SLICE] },
  };
}

const withLinks = (...links: readonly NodeLink[]): Partial<NodeNetwork> => ({
  host: { ...SOUND.host, links: [...SOUND.host.links, ...links] },
});

describe("joinMap()", () => {
  test("a sound node has nothing stray, and each pod is behind its link", () => {
    const { nodes, services, strays } = joinMap(sources());
    expect(strays).toEqual([]);
    const bridge = nodes[0]?.links.find(({ name }) => name === "cni0");
    expect(bridge?.ports).toMatchObject([
      {
        name: "veth12ab34",
        pod: { namespace: "default", pod: "web-1", ifName: "eth0", addresses: ["10.200.0.5/24"] },
      },
    ]);
    expect(nodes[0]?.links.map(({ name }) => name)).toEqual(["lo", "eth0", "cni0"]);
    expect(services?.[0]?.ports[0]?.endpoints).toMatchObject([
      { address: "10.200.0.5", port: 8080, isReady: true, pod: "default/web-1", connections: 3 },
      { address: "10.200.1.7", isReady: false, node: "node-1", connections: 0 },
    ]);
  });

  const ROWS: readonly {
    readonly name: string;
    readonly network?: Partial<NodeNetwork>;
    readonly services?: MapSources["services"];
    readonly want: readonly string[];
  }[] = [
    {
      name: "a veth without a pod",
      network: withLinks(link(9, "vethdead", { ...veth(2), masterIndex: 3 })),
      want: ["link-without-pod vethdead"],
    },
    {
      name: "a veth pair within the host is nobody's stray",
      network: withLinks(
        link(9, "one", { kind: "veth", peerIndex: 10 }),
        link(10, "other", { kind: "veth", peerIndex: 9 }),
      ),
      want: [],
    },
    {
      name: "a veth whose end names another index does not belong to the pod",
      network: { pods: [pod("web-1", { network: podNetns(3, "10.200.0.5") })] },
      want: ["link-without-pod veth12ab34", "pod-without-link default/web-1"],
    },
    {
      name: "a pod with nothing but lo",
      network: {
        host: { ...SOUND.host, links: SOUND.host.links.slice(0, 3) },
        pods: [pod("web-1", { network: { links: [link(1, "lo")], routes: [] } })],
      },
      want: ["pod-without-link default/web-1", "endpoint-without-pod default/web"],
    },
    {
      name: "an address of a pod that is gone, and one of nobody",
      network: {
        reservations: [
          { network: "bridge", address: "10.200.0.9", containerId: "gone", ifName: "eth0" },
          { network: "bridge", address: "10.200.0.10", containerId: "", ifName: "" },
        ],
      },
      want: ["address-without-pod 10.200.0.9", "address-without-pod 10.200.0.10"],
    },
    {
      name: "a missing route",
      network: { host: { ...SOUND.host, routes: SOUND.host.routes.slice(0, 2) } },
      want: ["missing-route 10.200.1.0/24"],
    },
    {
      name: "a route by another way",
      network: {
        host: {
          ...SOUND.host,
          routes: [
            ...SOUND.host.routes.slice(0, 2),
            { destination: "10.200.1.0/24", gateway: "172.30.0.9", linkIndex: 2, type: "unicast" },
          ],
        },
      },
      want: ["missing-route 10.200.1.0/24"],
    },
    {
      name: "a Service that the proxy does not route",
      network: { frontends: [] },
      want: ["not-routed default/web port 80/TCP"],
    },
    {
      name: "a Service that the proxy rejects although it has endpoints",
      network: {
        frontends: [{ address: "10.32.0.44", protocol: 6, port: 80, hasEndpoints: false }],
      },
      want: ["not-routed default/web port 80/TCP"],
    },
    { name: "a proxy of another mode is not judged", network: { frontends: null }, want: [] },
    {
      name: "a Service without ready endpoints",
      network: { frontends: [] },
      services: { ok: true, services: [WEB], slices: [] },
      want: ["no-ready-endpoint default/web port 80/TCP"],
    },
    {
      name: "endpoints of a Service without a selector are not judged",
      services: {
        ok: true,
        services: [{ ...WEB, spec: { ...WEB.spec, selector: {} } }],
        slices: [],
      },
      want: [],
    },
    {
      name: "of two families, an address without endpoints of its own",
      services: {
        ok: true,
        services: [{ ...WEB, spec: { ...WEB.spec, clusterIPs: ["10.32.0.44", "fd00:32::44"] } }],
        slices: [WEB_SLICE],
      },
      want: [],
    },
    {
      name: "the policy Local, and no endpoint on the node",
      network: { frontends: [] },
      services: {
        ok: true,
        services: [{ ...WEB, spec: { ...WEB.spec, internalTrafficPolicy: "Local" } }],
        slices: [
          {
            ...WEB_SLICE,
            endpoints: [{ addresses: ["10.200.1.7"], nodeName: "node-1" }],
          },
        ],
      },
      want: [],
    },
    {
      name: "the policy Local, and an endpoint on the node",
      network: { frontends: [] },
      services: {
        ok: true,
        services: [{ ...WEB, spec: { ...WEB.spec, internalTrafficPolicy: "Local" } }],
        slices: [WEB_SLICE],
      },
      want: ["not-routed default/web port 80/TCP"],
    },
    {
      name: "a Service of another proxy",
      network: { frontends: [] },
      services: {
        ok: true,
        services: [
          {
            ...WEB,
            metadata: {
              ...WEB.metadata,
              labels: { "service.kubernetes.io/service-proxy-name": "other" },
            },
          },
        ],
        slices: [WEB_SLICE],
      },
      want: [],
    },
    {
      name: "a runtime that does not answer: no pod and no link is judged",
      network: { pods: null, podsProblem: "no such socket" },
      want: ["unknown pods"],
    },
    {
      name: "a pod that cannot be read: no link is judged",
      network: { pods: [pod("web-1", { problem: "EACCES" })] },
      want: ["unknown default/web-1"],
    },
  ];
  test.each(ROWS)("$name", ({ network, services, want }) => {
    const { strays } = joinMap(sources(network, services === undefined ? {} : { services }));
    expect(strays.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([...want]);
  });

  test("the control plane's machine needs no runtime", () => {
    const network = { pods: null, podsProblem: "no such socket" };
    const node = { podSubnets: [] };
    expect(joinMap(sources(network, { node })).strays).toEqual([]);
  });

  test("every kind of stray has a case", () => {
    const seen = new Set(ROWS.flatMap(({ want }) => want.map((one) => one.split(" ")[0])));
    expect([...seen].sort()).toEqual([
      "address-without-pod",
      "endpoint-without-pod",
      "link-without-pod",
      "missing-route",
      "no-ready-endpoint",
      "not-routed",
      "pod-without-link",
      "unknown",
    ]);
  });
});

describe("mapText()", () => {
  test("says which interface is whose, and where a Service leads", () => {
    expect(mapText(joinMap(sources()))).toEqual([
      "node-0  172.30.0.3, pods 10.200.0.0/24",
      "├─ lo  in 2 KiB, out 2 KiB",
      "├─ eth0  veth, 172.30.0.3/24, in 2 KiB, out 2 KiB",
      "├─ cni0  bridge, 10.200.0.1/24, in 2 KiB, out 2 KiB",
      "│  └─ veth12ab34  eth0 of default/web-1, 10.200.0.5/24, in 2 KiB, out 2 KiB",
      "├─ pods in the node's own network",
      "│  └─ kube-system/proxy",
      "└─ routes",
      "   ├─ default via 172.30.0.1 dev eth0",
      "   ├─ 10.200.0.0/24 dev cni0 -> pods of node-0",
      "   └─ 10.200.1.0/24 via 172.30.0.4 dev eth0 -> pods of node-1",
      "",
      "Services",
      "└─ default/web  NodePort 10.32.0.44",
      "   └─ http 80/TCP, node port 30080",
      "      ├─ 10.200.0.5:8080  default/web-1 on node-0, ready, 3 connections",
      "      └─ 10.200.1.7:8080  default/web-2 on node-1, not ready",
      "",
      "nothing stray",
    ]);
  });

  test("marks what is stray, and says what is not known", () => {
    const lost = { ...traffic, dropped: 4, errors: 2 };
    const broken = link(9, "vethdead", { ...veth(2), masterIndex: 3, isUp: false, received: lost });
    const text = mapText(
      joinMap(sources(withLinks(broken), { services: { ok: false, why: "refused" } })),
    );
    expect(text).toContain(
      "│  └─ vethdead  STRAY: in no pod, veth, down, in 2 KiB, out 2 KiB, 2 errors, 4 dropped",
    );
    expect(text.slice(-4)).toEqual([
      "Services: not known: refused",
      "",
      "1 stray thing:",
      "  ! node-0: vethdead: a veth whose other end is in no pod of the runtime",
    ]);
  });

  test("a name with a line break stays on its line", () => {
    const text = mapText(joinMap(sources(withLinks(link(9, "a\nb")))));
    expect(text.filter((line) => line.includes("a\\nb"))).toHaveLength(1);
    expect(text.some((line) => line.includes("\n"))).toBe(false);
  });
});

describe("mapHtml()", () => {
  test("is one page without scripts and without anything from elsewhere", () => {
    const page = mapHtml(joinMap(sources()));
    expect(page.startsWith("<!doctype html>\n")).toBe(true);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<img|<link|https?:|url\(|@import/i);
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page.match(/role="img" aria-label="[^"]+"/g)).toHaveLength(2);
    expect(page).toContain("veth12ab34");
    expect(page).toContain("default/web-1");
    expect(page).toContain("nothing stray");
  });

  test("escapes what nodes and the API server say", () => {
    const evil = '<script>alert("1")</script>';
    const services = [{ ...WEB, metadata: { namespace: "default", name: evil } }];
    const page = mapHtml(
      joinMap(
        sources(withLinks(link(9, evil, { ...veth(2) })), {
          services: { ok: true, services, slices: [] },
        }),
      ),
    );
    expect(page).not.toContain("<script");
    expect(page.match(/&lt;script&gt;/g)?.length ?? 0).toBeGreaterThan(3);
  });
});
