import { describe, expect, test } from "bun:test";
import { parseCidr } from "../../../ip/mod.ts";
import { type ApiObject, copy, type JsonObject, objectAt } from "../../objects/mod.ts";
import { ObjectStore } from "../../storage/mod.ts";
import { ServiceAllocator } from "./mod.ts";

function allocator(store: ObjectStore, ...ranges: string[]): ServiceAllocator {
  const cidrs = ranges.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr.ok ? [cidr.value] : [];
  });
  return new ServiceAllocator(
    store,
    { cidrs, nodePorts: { first: 30_000, last: 30_001 } },
    () => 0,
  );
}
const service = (name: string, spec: JsonObject): ApiObject => ({
  ...{ kind: "Service", apiVersion: "v1", metadata: { name, namespace: "default" } },
  spec: { ports: [{ port: 80, protocol: "TCP" }], ...spec },
});
const put = (store: ObjectStore, object: ApiObject): void => {
  const name = object.metadata.name ?? "";
  store.create({ resource: "services", namespace: "default", name }, object);
};

describe("ServiceAllocator", () => {
  const cases: { name: string; spec: JsonObject; want: JsonObject }[] = [
    {
      name: "an address of the upper part of the range",
      spec: { type: "ClusterIP" },
      want: { clusterIP: "10.32.0.17", clusterIPs: ["10.32.0.17"], ipFamilies: ["IPv4"] },
    },
    {
      name: "the address that is asked for",
      spec: { clusterIP: "10.32.0.9" },
      want: { clusterIPs: ["10.32.0.9"] },
    },
    {
      name: "no address",
      spec: { clusterIP: "None" },
      want: { clusterIP: "None", clusterIPs: ["None"] },
    },
    {
      name: "addresses of both families",
      spec: { ipFamilyPolicy: "PreferDualStack" },
      want: { clusterIPs: ["10.32.0.17", "fd00::100"], ipFamilies: ["IPv4", "IPv6"] },
    },
    {
      name: "a port on the nodes",
      spec: { type: "NodePort" },
      want: { ports: [{ port: 80, protocol: "TCP", nodePort: 30_001 }] },
    },
    {
      name: "no port on the nodes where none is wanted",
      spec: { type: "LoadBalancer", allocateLoadBalancerNodePorts: false },
      want: { ports: [{ port: 80, protocol: "TCP" }] },
    },
  ];
  test.each(cases)("gives $name", ({ spec, want }) => {
    using store = new ObjectStore(":memory:");
    put(
      store,
      service("other", { clusterIP: "10.32.0.16", ports: [{ port: 1, nodePort: 30_000 }] }),
    );
    const object = service("a", copy(spec));
    expect(allocator(store, "10.32.0.0/24", "fd00::/112").allocate(object)).toEqual([]);
    expect(objectAt(object, "spec")).toMatchObject(want);
  });

  const refused: { name: string; spec: JsonObject; want: string }[] = [
    {
      name: "an address that is taken",
      spec: { clusterIP: "10.32.0.16" },
      want: "already allocated",
    },
    {
      name: "an address out of the range",
      spec: { clusterIP: "10.9.0.1" },
      want: "does not match the current range",
    },
    {
      name: "a port that is taken",
      spec: { type: "NodePort", ports: [{ port: 80, nodePort: 30_000 }] },
      want: "provided port is already allocated",
    },
    {
      name: "a port out of the range",
      spec: { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] },
      want: "The range of valid ports is 30000-30001",
    },
    {
      name: "a family that there is none of",
      spec: { ipFamilies: ["IPv6"] },
      want: "not configured on this cluster",
    },
  ];
  test.each(refused)("refuses $name", ({ spec, want }) => {
    using store = new ObjectStore(":memory:");
    put(
      store,
      service("other", { clusterIP: "10.32.0.16", ports: [{ port: 1, nodePort: 30_000 }] }),
    );
    const causes = allocator(store, "10.32.0.0/24").allocate(service("a", copy(spec)));
    expect(causes.map(({ message = "" }) => message).join()).toContain(want);
  });

  test("keeps what a Service has itself", () => {
    using store = new ObjectStore(":memory:");
    const own = service("a", { clusterIP: "10.32.0.16", clusterIPs: ["10.32.0.16"] });
    put(store, own);
    expect(allocator(store, "10.32.0.0/24").allocate(copy(own))).toEqual([]);
  });
});
