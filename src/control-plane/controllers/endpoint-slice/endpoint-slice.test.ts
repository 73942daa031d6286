import { describe, expect, test } from "bun:test";
import type { EndpointSlice, Endpoints, Pod, Service } from "../../../kube/types/mod.ts";
import type { Write } from "../lib/mod.ts";
import { node, pod, printWrites, service } from "../testing/mod.ts";
import { desiredGroups } from "./desired-endpoints.ts";
import { planEndpoints } from "./plan-endpoints.ts";
import { planMirror } from "./plan-mirror.ts";
import { planSlices } from "./plan-slices.ts";

const labels = { app: "web" };
const zoned = node("n1", { labels: { "topology.kubernetes.io/zone": "z1" } });

function plan(of: Service, pods: readonly Pod[], slices: readonly EndpointSlice[] = []) {
  return planSlices({
    owner: of,
    ownerReference: { apiVersion: "v1", kind: "Service", name: "web", uid: "uid-svc" },
    groups: desiredGroups({ service: of, pods, node: () => zoned }),
    slices,
    labels: {},
  });
}

function result(writes: readonly Write[]): readonly EndpointSlice[] {
  return writes.flatMap((write) =>
    write.verb === "create" || write.verb === "update" ? [write.object as EndpointSlice] : [],
  );
}

const ready = (name: string, more: object = {}): Pod =>
  pod({ name, labels, ready: true, node: "n1", ips: [`10.0.0.${name.length}`], ...more });

describe("desiredGroups()", () => {
  test.each([
    { name: "ready", of: {}, pod: {}, want: { ready: true, serving: true, terminating: false } },
    {
      name: "not ready",
      ...{ of: {}, pod: { ready: false } },
      want: { ready: false, serving: false, terminating: false },
    },
    {
      name: "terminating but serving",
      ...{ of: {}, pod: { deleted: true } },
      want: { ready: false, serving: true, terminating: true },
    },
    {
      name: "published although not ready",
      ...{ of: { publishNotReadyAddresses: true }, pod: { ready: false } },
      want: { ready: true, serving: false, terminating: false },
    },
  ])("$name", ({ of, pod: more, want }) => {
    const [group] = desiredGroups({
      service: service(of),
      pods: [ready("a", more)],
      node: () => zoned,
    });
    expect(group?.endpoints[0]).toMatchObject({ conditions: want, nodeName: "n1", zone: "z1" });
  });

  test("takes named ports from each pod, and pods without the port leave it out", () => {
    const named = service({
      ports: [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }],
    });
    const container = (port: number) => ({
      containers: [{ name: "c", ports: [{ name: "web", containerPort: port }] }],
    });
    const groups = desiredGroups({
      service: named,
      pods: [
        ready("a", { spec: container(8080) }),
        ready("bb", { spec: container(9090) }),
        ready("ccc"),
      ],
      node: () => zoned,
    });
    expect(groups.map(({ ports }) => ports.map(({ port }) => port))).toEqual([[8080], [9090], []]);
  });

  test("has a group for each family of the Service", () => {
    const dual = service({ ipFamilies: ["IPv4", "IPv6"] });
    const pods = [ready("a", { ips: ["10.0.0.1", "fd00::1"] }), ready("bb", { phase: "Failed" })];
    const groups = desiredGroups({ service: dual, pods, node: () => zoned });
    expect(groups.map(({ endpoints }) => endpoints.map(({ addresses }) => addresses))).toEqual([
      [["10.0.0.1"]],
      [["fd00::1"]],
    ]);
  });

  test("hints at the zone where traffic is to stay close", () => {
    const close = { ...service(), spec: { ...service().spec, trafficDistribution: "PreferClose" } };
    const [group] = desiredGroups({ service: close, pods: [ready("a")], node: () => zoned });
    expect(group?.endpoints[0]?.hints).toEqual({ forZones: [{ name: "z1" }] });
  });
});

describe("planSlices()", () => {
  test("makes one slice for a Service without pods", () => {
    const [slice] = result(plan(service(), []));
    expect(slice).toMatchObject({ endpoints: [], ports: [], addressType: "IPv4" });
  });

  test("changes only the slice that has the endpoint, and nothing where all is well", () => {
    const many = Array.from({ length: 150 }, (_, i) =>
      pod({ name: `p${i}`, labels, ready: true, node: "n1", ips: [`10.0.1.${i}`] }),
    );
    const slices = result(plan(service(), many)).map((slice, i) => ({
      ...slice,
      metadata: { ...slice.metadata, name: `s${i}`, uid: `u${i}`, generateName: "" },
    }));
    expect(slices.map(({ endpoints }) => endpoints?.length)).toEqual([100, 50]);
    const named = slices.map(({ metadata: { generateName: _, ...metadata }, ...slice }) => ({
      ...slice,
      metadata,
    }));
    expect(plan(service(), many, named)).toEqual([]);
    const changed = many.map((one, i) =>
      i === 120 ? { ...one, status: { phase: "Failed" } } : one,
    );
    expect(printWrites(plan(service(), changed, named))).toEqual(["update EndpointSlice s1"]);
    expect(printWrites(plan(service(), [], named))).toEqual([
      "create EndpointSlice web-*",
      "delete EndpointSlice s0",
      "delete EndpointSlice s1",
    ]);
  });
});

describe("planEndpoints()", () => {
  test("sorts ready and other addresses of the first family, and is content with its own work", () => {
    const pods = [ready("bb"), ready("a"), ready("ccc", { ready: false })];
    const [write] = planEndpoints(service(), pods, undefined);
    if (write?.verb !== "create") throw new Error("nothing created");
    expect(write.object).toMatchObject({
      metadata: {
        labels: { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
      },
      subsets: [
        {
          addresses: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }],
          notReadyAddresses: [{ ip: "10.0.0.3" }],
          ports: [{ name: "http", port: 8080, protocol: "TCP" }],
        },
      ],
    });
    expect(planEndpoints(service(), pods, write.object as Endpoints)).toEqual([]); // cast: by its kind
  });
});

test("planMirror() shows Endpoints kept by hand", () => {
  const endpoints: Endpoints = {
    metadata: { name: "ext", namespace: "ns", uid: "u" },
    subsets: [{ addresses: [{ ip: "192.0.2.1" }, { ip: "fd00::1" }], ports: [{ port: 443 }] }],
  };
  const slices = result(planMirror(endpoints, []));
  expect(slices.map(({ addressType, ports }) => [addressType, ports?.[0]?.port])).toEqual([
    ["IPv4", 443],
    ["IPv6", 443],
  ]);
  expect(slices[0]?.metadata.labels).toMatchObject({ "kubernetes.io/service-name": "ext" });
});
