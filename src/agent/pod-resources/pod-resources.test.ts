import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import type { Clock } from "../../base/mod.ts";
import { createUnixClient, type UnixClient, type UnixServer } from "../../grpc/mod.ts";
import type { Pod } from "../api/mod.ts";
import {
  AllocatableResourcesResponseSchema,
  PodResourcesLister,
  PodResourcesSchema,
} from "../plugin-apis/mod.ts";
import type { ContainerShare } from "./describe-shares.ts";
import { servePodResources } from "./serve-pod-resources.ts";

const NOTHING: ContainerShare = { cpus: [], memory: [], devices: new Map(), claims: [] };
const SHARE: ContainerShare = {
  cpus: [2, 3],
  memory: [{ numaAffinity: [0, 1], type: "memory", size: 4096 }],
  devices: new Map([
    [
      "example.com/gpu",
      new Map([
        ["g0", { nodes: [1] }],
        ["g1", { nodes: [0, 1] }],
        ["g2", { nodes: [] }],
      ]),
    ],
  ]),
  claims: [
    {
      ...{ claimName: "c", claimNamespace: "n" },
      claimResources: [
        { driverName: "d", poolName: "p", deviceName: "x", cdiDevices: [{ name: "v.com/k=x" }] },
      ],
    },
  ],
};

const pod = (name: string): Pod => ({
  metadata: { name, namespace: "n", uid: name },
  spec: {
    initContainers: [{ name: "init" }, { name: "side", restartPolicy: "Always" }],
    containers: [{ name: "main" }],
  },
});

const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "ok",
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : "?"),
  );

let dir = "";
let now = 0;
let server: UnixServer;
let client: UnixClient<typeof PodResourcesLister>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nw-resources-"));
  const clock: Clock = { now: () => now, sleep: async () => {} };
  const path = join(dir, "pod-resources/kubelet.sock");
  server = await servePodResources(path, {
    ...{ clock, activePods: () => [pod("a"), pod("b")] },
    findPod: (_namespace, name) => (name === "gone" ? undefined : pod(name)),
    shareOf: ({ metadata }, { name }) =>
      metadata.name === "a" && name === "main" ? SHARE : NOTHING,
    nodeShare: () => SHARE,
  });
  client = createUnixClient(path, PodResourcesLister);
});
afterEach(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

const DEVICES = [
  { resourceName: "example.com/gpu", deviceIds: ["g0"], topology: { nodes: [{ ID: "1" }] } },
  { resourceName: "example.com/gpu", deviceIds: ["g1"], topology: { nodes: [{}] } },
  { resourceName: "example.com/gpu", deviceIds: ["g1"], topology: { nodes: [{ ID: "1" }] } },
  { resourceName: "example.com/gpu", deviceIds: ["g2"] },
];
const MEMORY = [{ memoryType: "memory", size: "4096", topology: { nodes: [{}, { ID: "1" }] } }];

test("List has every active pod's lasting containers, with what they have", async () => {
  const { podResources } = await client.service.list({});
  expect(podResources.map(({ name }) => name)).toEqual(["a", "b"]);
  const [first] = podResources.map((one) => toJson(PodResourcesSchema, one));
  expect(first).toEqual({
    ...{ name: "a", namespace: "n" },
    containers: [
      { name: "side" },
      {
        ...{ name: "main", cpuIds: ["2", "3"], memory: MEMORY, devices: DEVICES },
        dynamicResources: [
          {
            ...{ claimName: "c", claimNamespace: "n" },
            claimResources: [
              {
                ...{ driverName: "d", poolName: "p", deviceName: "x" },
                cdiDevices: [{ name: "v.com/k=x" }],
              },
            ],
          },
        ],
      },
    ],
  });
});

test("Get has one pod, or says that there is none", async () => {
  const { podResources } = await client.service.get({ podName: "a", podNamespace: "n" });
  expect(podResources?.containers.map(({ name }) => name)).toEqual(["side", "main"]);
  const gone = client.service.get({ podName: "gone", podNamespace: "n" });
  expect(await outcome(gone)).toBe(
    "rpc error: code = Unknown desc = pod gone in namespace n not found",
  );
});

test("GetAllocatableResources has what the node can give away", async () => {
  const answer = await client.service.getAllocatableResources({});
  expect(toJson(AllocatableResourcesResponseSchema, answer)).toEqual({
    ...{ cpuIds: ["2", "3"], memory: MEMORY, devices: DEVICES },
  });
});

test("more than ten calls at once are refused, and a hundred a second are not", async () => {
  const call = () => outcome(client.service.list({}));
  const all: string[] = [];
  for (let number = 0; number < 12; number++) all.push(await call());
  const refused = "rpc error: code = ResourceExhausted desc = rejected by rate limit";
  expect(all).toEqual([...Array(10).fill("ok"), refused, refused]);
  now += 10;
  expect(await call()).toBe("ok");
  expect(await call()).toBe(refused);
});
