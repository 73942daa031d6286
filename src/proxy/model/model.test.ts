import { describe, expect, test } from "bun:test";
import { formatAddress, formatCidr } from "../../ip/mod.ts";
import { names, type SliceEndpoint, service, slice } from "../testing/objects.ts";
import { readEndpoints } from "./endpoint.ts";
import {
  type Route,
  routeServicePort,
  type ServiceObject,
  type ServicePort,
  ServiceStore,
} from "./mod.ts";
import { readServicePorts } from "./service-port.ts";

const NODE = { name: "node-0", zone: "z1" };

function onlyPort(spec: ServiceObject["spec"], family: 4 | 6 = 4): ServicePort {
  const [port] = readServicePorts(service("web", spec), family);
  if (port === undefined) throw new Error("The Service has no port");
  return port;
}

describe("readServicePorts()", () => {
  test.each<{ name: string; spec: ServiceObject["spec"]; want: number }>([
    { name: "a headless Service", spec: { clusterIP: "None" }, want: 0 },
    { name: "an ExternalName", spec: { type: "ExternalName", clusterIP: "10.32.0.1" }, want: 0 },
    { name: "no cluster IP yet", spec: { clusterIP: "" }, want: 0 },
    { name: "only the other family", spec: { clusterIPs: ["fd00::1"] }, want: 0 },
    { name: "both families", spec: { clusterIPs: ["fd00::1", "10.32.0.1"] }, want: 1 },
    {
      name: "an unknown protocol and a port that is none",
      spec: {
        clusterIP: "10.32.0.1",
        ports: [
          { port: 80, protocol: "QUIC" },
          { port: 0 },
          { port: 70_000 },
          { port: 53, protocol: "UDP" },
        ],
      },
      want: 1,
    },
  ])("$name gives $want", ({ spec, want }) => {
    expect(readServicePorts(service("web", spec), 4)).toHaveLength(want);
  });

  test("policies count where the Service is reached that way", () => {
    const local = { externalTrafficPolicy: "Local", clusterIP: "10.32.0.1" };
    expect(onlyPort({ ...local, type: "ClusterIP" }).isExternalLocal).toBe(false);
    expect(onlyPort({ ...local, type: "NodePort" }).isExternalLocal).toBe(true);
    expect(onlyPort({ ...local, externalIPs: ["192.0.2.1"] }).isExternalLocal).toBe(true);
    const check = { ...local, healthCheckNodePort: 30_100 };
    expect(onlyPort({ ...check, type: "NodePort" }).healthCheckNodePort).toBe(0);
    expect(onlyPort({ ...check, type: "LoadBalancer" }).healthCheckNodePort).toBe(30_100);
  });

  test("source ranges lose blanks and other families; everything is the same as none", () => {
    const ranges = (loadBalancerSourceRanges: readonly string[]): readonly string[] =>
      onlyPort({ clusterIP: "10.32.0.1", loadBalancerSourceRanges }).sourceRanges.map(formatCidr);
    expect(ranges([" 192.0.2.0/24 ", "fd00::/8", "nonsense"])).toEqual(["192.0.2.0/24"]);
    expect(ranges(["192.0.2.0/24", "0.0.0.0/0"])).toEqual([]);
  });

  test("load balancers that translate themselves are left alone", () => {
    const port = readServicePorts(
      {
        ...service("web", { clusterIP: "10.32.0.1", type: "LoadBalancer" }),
        status: {
          loadBalancer: {
            ingress: [
              { ip: "192.0.2.1" },
              { ip: "192.0.2.2", ipMode: "Proxy" },
              { ip: "192.0.2.3", ipMode: "VIP" },
              { ip: "fd00::1" },
            ],
          },
        },
      },
      4,
    )[0];
    expect(port?.loadBalancerIps.map(formatAddress)).toEqual(["192.0.2.1", "192.0.2.3"]);
  });

  test("affinity has the API's default time", () => {
    const sticky = { clusterIP: "10.32.0.1", sessionAffinity: "ClientIP" };
    expect(onlyPort(sticky).affinitySeconds).toBe(10_800);
    const sessionAffinityConfig = { clientIP: { timeoutSeconds: 30 } };
    expect(onlyPort({ ...sticky, sessionAffinityConfig }).affinitySeconds).toBe(30);
    expect(onlyPort({ clusterIP: "10.32.0.1" }).affinitySeconds).toBeUndefined();
  });
});

describe("readEndpoints()", () => {
  test("garbage is left out, whatever it is", () => {
    const found = readEndpoints(
      {
        metadata: { name: "x" },
        addressType: "IPv4",
        ports: [
          { name: "http", port: 80 },
          { name: "none", port: null },
          { name: "bad", port: 99_999 },
          { name: "odd", protocol: "ICMP", port: 1 },
        ],
        endpoints: [
          { addresses: [] },
          { addresses: null },
          { addresses: ["nonsense"] },
          { addresses: ["10.0.0.1"], conditions: null, hints: null },
        ],
      },
      "node-0",
    );
    expect([...found.keys()]).toEqual(["http/tcp"]);
    expect(names(found.get("http/tcp") ?? [])).toEqual(["10.0.0.1:80"]);
    expect(readEndpoints({ metadata: { name: "x" } }, "node-0").size).toBe(0);
  });
});

interface ChoiceCase {
  readonly name: string;
  readonly spec?: ServiceObject["spec"];
  readonly endpoints: readonly SliceEndpoint[];
  readonly internal: Route["internal"]["to"];
  readonly external?: Route["internal"]["to"];
  readonly cluster?: readonly string[];
  readonly local?: readonly string[];
}

const DYING = { ready: false, serving: true, terminating: true };
const DEAD = { ready: false, serving: false, terminating: true };
const NODE_PORT = {
  type: "NodePort",
  ports: [{ name: "http", protocol: "TCP", port: 80, nodePort: 30_080 }],
};

describe("routeServicePort()", () => {
  test.each<ChoiceCase>([
    { name: "no endpoints", endpoints: [], internal: "reject" },
    {
      name: "ready ones only",
      endpoints: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2", ready: false }],
      internal: "cluster",
      cluster: ["10.0.0.1:8080"],
    },
    {
      name: "terminating ones that serve, where no other is left",
      endpoints: [
        { ip: "10.0.0.1", ...DYING },
        { ip: "10.0.0.2", ...DEAD },
      ],
      internal: "cluster",
      cluster: ["10.0.0.1:8080"],
    },
    { name: "none that serves", endpoints: [{ ip: "10.0.0.1", ...DEAD }], internal: "reject" },
    {
      name: "hints for the zone",
      endpoints: [
        { ip: "10.0.0.1", zones: ["z1"] },
        { ip: "10.0.0.2", zones: ["z2"] },
      ],
      internal: "cluster",
      cluster: ["10.0.0.1:8080"],
    },
    {
      name: "hints for the node before those for the zone",
      endpoints: [
        { ip: "10.0.0.1", zones: ["z1"], nodes: ["node-1"] },
        { ip: "10.0.0.2", zones: ["z1"], nodes: ["node-0"] },
      ],
      internal: "cluster",
      cluster: ["10.0.0.2:8080"],
    },
    {
      name: "hints that one endpoint lacks",
      endpoints: [{ ip: "10.0.0.1", zones: ["z2"] }, { ip: "10.0.0.2" }],
      internal: "cluster",
      cluster: ["10.0.0.1:8080", "10.0.0.2:8080"],
    },
    {
      name: "hints that leave nobody",
      endpoints: [{ ip: "10.0.0.1", zones: ["z2"] }],
      internal: "cluster",
      cluster: ["10.0.0.1:8080"],
    },
    {
      name: "internalTrafficPolicy Local with a local endpoint",
      spec: { internalTrafficPolicy: "Local" },
      endpoints: [
        { ip: "10.0.0.1", node: "node-0" },
        { ip: "10.0.0.2", node: "node-1" },
      ],
      internal: "local",
      cluster: [],
      local: ["10.0.0.1:8080"],
    },
    {
      name: "internalTrafficPolicy Local without one",
      spec: { internalTrafficPolicy: "Local" },
      endpoints: [{ ip: "10.0.0.2", node: "node-1" }],
      internal: "drop",
      cluster: [],
      local: [],
    },
    {
      name: "a node port",
      spec: NODE_PORT,
      endpoints: [{ ip: "10.0.0.1" }],
      internal: "cluster",
      external: "cluster",
    },
    {
      name: "externalTrafficPolicy Local without a local endpoint",
      spec: { ...NODE_PORT, externalTrafficPolicy: "Local" },
      endpoints: [{ ip: "10.0.0.2", node: "node-1" }],
      internal: "cluster",
      external: "drop",
      cluster: ["10.0.0.2:8080"],
      local: [],
    },
    {
      name: "externalTrafficPolicy Local with one that terminates",
      spec: { ...NODE_PORT, externalTrafficPolicy: "Local" },
      endpoints: [
        { ip: "10.0.0.1", node: "node-0", ...DYING },
        { ip: "10.0.0.2", node: "node-1" },
      ],
      internal: "cluster",
      external: "local",
      cluster: ["10.0.0.2:8080"],
      local: ["10.0.0.1:8080"],
    },
    {
      name: "externalTrafficPolicy Local without any endpoint",
      spec: { ...NODE_PORT, externalTrafficPolicy: "Local" },
      endpoints: [],
      internal: "reject",
      external: "reject",
    },
  ])("$name", ({ spec = {}, endpoints, internal, external, cluster, local }) => {
    const port = onlyPort({ clusterIP: "10.32.0.1", ...spec });
    const read = readEndpoints(slice("web", endpoints), NODE.name).get("http/tcp") ?? [];
    const route = routeServicePort(port, read, NODE);
    expect(route.internal.to).toBe(internal);
    expect(route.external?.to).toBe(external);
    if (cluster !== undefined) expect(names(route.endpoints.cluster)).toEqual(cluster);
    if (local !== undefined) expect(names(route.endpoints.local)).toEqual(local);
    const reachable = new Set(names(route.endpoints.reachable));
    expect(reachable).toEqual(
      new Set([...names(route.endpoints.cluster), ...names(route.endpoints.local)]),
    );
    expect(reachable.size).toBe(route.endpoints.reachable.length);
  });
});

describe("ServiceStore", () => {
  const CHANGED = ["default/web"];

  function filled(): ServiceStore {
    const store = new ServiceStore(4, NODE.name);
    store.setService(service("web", { clusterIP: "10.32.0.1" }));
    store.setSlice(slice("web", [{ ip: "10.0.0.1" }]));
    store.takeChanges();
    return store;
  }

  test("what says the same changes nothing", () => {
    const store = filled();
    store.setService(service("web", { clusterIP: "10.32.0.1" }));
    store.setSlice(slice("web", [{ ip: "10.0.0.1" }]));
    store.replaceServices([service("web", { clusterIP: "10.32.0.1" })]);
    store.replaceSlices([slice("web", [{ ip: "10.0.0.1" }])]);
    expect(store.hasChanges).toBe(false);
  });

  test("an endpoint in two slices is one, and the one that does not terminate", () => {
    const store = filled();
    store.setSlice(
      slice("web", [{ ip: "10.0.0.1", ...DYING }, { ip: "10.0.0.2" }], { slice: "b" }),
    );
    const endpoints = store.state("default/web").endpoints.get("http/tcp") ?? [];
    expect(names(endpoints)).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
    expect(endpoints[0]?.isReady).toBe(true);
    expect(store.takeChanges()).toEqual(CHANGED);
  });

  test("a slice that changes hands changes both Services", () => {
    const store = filled();
    store.setSlice(slice("other", [{ ip: "10.0.0.1" }], { slice: "web-1" }));
    expect([...store.takeChanges()].sort()).toEqual(["default/other", "default/web"]);
    expect(store.state("default/web").endpoints.size).toBe(0);
  });

  test("a new list drops what is not in it", () => {
    const store = filled();
    store.replaceSlices([]);
    expect(store.takeChanges()).toEqual(CHANGED);
    store.replaceServices([]);
    expect(store.takeChanges()).toEqual(CHANGED);
    expect([...store.services]).toEqual([]);
    expect(store.state("default/web").ports).toEqual([]);
  });

  test("removing twice is no second change", () => {
    const store = filled();
    store.removeSlice(slice("web", []));
    store.removeService(service("web"));
    store.takeChanges();
    store.removeSlice(slice("web", []));
    store.removeService(service("web"));
    expect(store.hasChanges).toBe(false);
  });
});
