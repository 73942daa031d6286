import { describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { ContainerSchema, ContainerState } from "../../cri/gen/runtime_pb.ts";
import { isDisabled } from "./agent-server.ts";
import { attributesOf } from "./authorize.ts";
import { checkpointPath } from "./checkpoint.ts";
import { parseLogOptions } from "./container-logs.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import { runningPods } from "./running-pods.ts";
import { containerPath } from "./streams.ts";

describe("attributesOf()", () => {
  test.each([
    { method: "GET", path: "/pods", verb: "get", subresources: ["pods", "proxy"] },
    { method: "GET", path: "/healthz/ping", verb: "get", subresources: ["healthz", "proxy"] },
    { method: "GET", path: "/stats/summary", verb: "get", subresources: ["stats"] },
    { method: "GET", path: "/metrics/resource", verb: "get", subresources: ["metrics"] },
    { method: "GET", path: "/metricsx", verb: "get", subresources: ["proxy"] },
    { method: "POST", path: "/exec/ns/pod/c", verb: "create", subresources: ["proxy"] },
    { method: "GET", path: "/exec/ns/pod/c", verb: "get", subresources: ["proxy"] },
    { method: "DELETE", path: "/x", verb: "delete", subresources: ["proxy"] },
  ])("$method $path", ({ method, path, verb, subresources }) => {
    expect(attributesOf(method, path)).toEqual({ verb, path, subresources });
  });
});

test.each([
  ["/exec/n/p/c", [false, false, true, true]],
  ["/containerLogs/n/p/c", [false, false, true, true]],
  ["/logs/", [false, true, true, true]],
  ["/logs", [false, true, true, true]],
  ["/%65xec/n/p/c", [false, false, true, true]],
  ["/pods", [false, false, false, false]],
  ["/executed", [false, false, false, false]],
])("isDisabled(%p), by what is switched on", (path, want) => {
  const settings = [
    { hasDebugging: true, hasNodeLogs: true },
    { hasDebugging: true, hasNodeLogs: false },
    { hasDebugging: false, hasNodeLogs: true },
    { hasDebugging: false, hasNodeLogs: false },
  ];
  expect(settings.map((one) => isDisabled(path, one))).toEqual(want);
});

describe("parseLogOptions()", () => {
  const parse = (query: string) => parseLogOptions(new URLSearchParams(query), 1_000_000);
  test.each([
    { query: "", want: { follow: false, previous: false, timestamps: false } },
    { query: "follow=true&previous=1", want: { follow: true, previous: true } },
    { query: "tailLines=5&limitBytes=10", want: { tail: 5, limitBytes: 10 } },
    { query: "sinceSeconds=60", want: { sinceMs: 940_000 } },
    { query: "sinceTime=1970-01-01T00:00:01Z", want: { sinceMs: 1000 } },
    { query: "stream=Stderr", want: { stream: "stderr" } },
  ])("reads $query", ({ query, want }) => {
    expect(parse(query)).toMatchObject(want);
  });
  test("takes no tail of all lines, and refuses what is no number", () => {
    expect(parse("tail=all").tail).toBeUndefined();
    expect(() => parse("tailLines=x")).toThrow("Invalid request");
  });
});

test("ExpiringCache forgets what is old, and the oldest of too many", () => {
  let now = 0;
  const cache = new ExpiringCache<string>(() => now, 2);
  cache.set("a", "1", 10);
  cache.set("b", "2", 100);
  now = 50;
  expect([cache.get("a"), cache.get("b")]).toEqual([undefined, "2"]);
  cache.set("c", "3", 100);
  cache.set("d", "4", 100);
  expect([cache.get("b"), cache.get("c"), cache.get("d")]).toEqual([undefined, "3", "4"]);
});

test("containerPath() takes a UID in the middle", () => {
  expect(containerPath(["ns", "p", "c"])).toEqual({ namespace: "ns", pod: "p", container: "c" });
  expect(containerPath(["ns", "p", "u", "c"])).toMatchObject({ uid: "u", container: "c" });
});

test("runningPods() lists what runs, by pod, and leaves out what has ended or is nobody's", () => {
  const container = (pod: string | undefined, name: string, state: ContainerState) =>
    create(ContainerSchema, {
      ...{ id: name, state, image: { image: "i:1" } },
      labels:
        pod === undefined
          ? {}
          : {
              "io.kubernetes.pod.uid": pod,
              "io.kubernetes.pod.name": `${pod}-name`,
              "io.kubernetes.pod.namespace": "n",
              "io.kubernetes.container.name": name,
            },
    });
  const { CONTAINER_RUNNING: running, CONTAINER_EXITED: exited } = ContainerState;
  const all = [
    container("a", "one", running),
    container("a", "two", running),
    container("b", "three", exited),
    container(undefined, "four", running),
  ];
  expect(runningPods(all)).toMatchObject({
    kind: "PodList",
    items: [
      {
        metadata: { name: "a-name", namespace: "n", uid: "a" },
        spec: {
          containers: [
            { name: "one", image: "i:1" },
            { name: "two", image: "i:1" },
          ],
        },
      },
    ],
  });
});

test("checkpointPath() has the kubelet's form", () => {
  const of = { namespace: "n", pod: "p", container: "c" };
  expect(checkpointPath("/var/lib/kubelet", of, 0)).toBe(
    "/var/lib/kubelet/checkpoints/checkpoint-p_n-c-1970-01-01T00:00:00Z.tar",
  );
});
