import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, pollUntil, systemClock } from "../../base/mod.ts";
import type { UnixServer } from "../../grpc/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { Placement } from "../placement/placement.ts";
import { machineOf } from "../placement/testing.ts";
import { deviceParts } from "./container-devices.ts";
import { DeviceManager } from "./device-manager.ts";
import { servePluginRegistration } from "./plugin-registration.ts";
import { podDevices } from "./pod-devices.ts";
import { FakeDevicePlugin, type FakePluginOptions } from "./testing.ts";

const NO_CLAIMS = { cdiDevices: () => [] };
const RESOURCE = "example.com/thing";

let dir = "";
let lines: string[] = [];
let manager: DeviceManager;
let registration: UnixServer;
let plugins: FakeDevicePlugin[] = [];
let ending = new AbortController();

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nw-devices-"));
  await start();
});
afterEach(async () => {
  for (const plugin of plugins) await plugin[Symbol.asyncDispose]();
  plugins = [];
  await stop();
  rmSync(dir, { recursive: true });
});

async function start(): Promise<void> {
  lines = [];
  const write = (line: string): void => void lines.push(line);
  const log = createLogger({ program: "t", write, verbosity: 2, processId: 1, now: () => 0 });
  ending = new AbortController();
  manager = await DeviceManager.open({
    ...{ clock: systemClock, log, signal: ending.signal, nodes: [0, 1] },
    path: join(dir, "kubelet_internal_checkpoint"),
  });
  registration = await servePluginRegistration(dir, { manager, log });
}
async function stop(): Promise<void> {
  ending.abort();
  manager.close();
  await registration[Symbol.asyncDispose]();
}

async function plugin(
  devices: FakePluginOptions["devices"],
  more: Partial<FakePluginOptions> = {},
): Promise<FakeDevicePlugin> {
  const path = join(dir, `p${plugins.length}.sock`);
  const one = await FakeDevicePlugin.start({ resource: RESOURCE, path, devices, ...more });
  plugins.push(one);
  await one.register();
  return one;
}

async function counts(want: readonly [capacity: number, allocatable: number]): Promise<void> {
  const now = () => [
    manager.counts.capacity[RESOURCE] ?? -1,
    manager.counts.allocatable[RESOURCE] ?? -1,
  ];
  await pollUntil(systemClock, { timeoutMs: 5000, intervalMs: 5 }, async () =>
    now().join() === want.join() ? true : undefined,
  );
  expect(now()).toEqual([...want]);
}

const container = (name: string, count: number, more: Partial<Container> = {}): Container => ({
  ...{ name, resources: { limits: { [RESOURCE]: String(count) } } },
  ...more,
});
const pod = (
  name: string,
  containers: readonly Container[],
  init: readonly Container[] = [],
): Pod => ({
  metadata: { name, namespace: "n", uid: name },
  spec: { containers, initContainers: init },
});

/** What becomes of a pod: its rejection, or its containers' devices. */
async function place(one: Pod, policy: "none" | "restricted" = "none"): Promise<string> {
  const machine = machineOf(2, (id) => ({ node: id }));
  const options = { policy, scope: "container", prefersClosest: false } as const;
  const rejection = await new Placement([manager], machine, options).admit(one);
  if (rejection !== undefined) return `${rejection.reason}: ${rejection.message}`;
  return [...(one.spec.initContainers ?? []), ...one.spec.containers]
    .map(({ name }) => have(one.metadata.uid, name))
    .join(" ");
}
const have = (uid: string, name: string): string =>
  [...(manager.ofContainer(uid, name).get(RESOURCE)?.devices.keys() ?? [])].join();

const failed = (why: string): string =>
  `UnexpectedAdmissionError: Allocate failed due to ${why}, which is unexpected`;

describe("a device plugin", () => {
  test("is counted with its healthy devices, and with none once it has gone", async () => {
    const one = await plugin({ a: {}, b: {}, c: { health: "Unhealthy" } });
    await counts([3, 2]);
    one.announce({ a: {}, b: { health: "Unhealthy" }, c: {}, d: {} });
    await counts([4, 3]);
    await one[Symbol.asyncDispose]();
    await counts([4, 0]);
    await plugin({ a: {} });
    await counts([1, 1]);
  });

  test("gives containers its devices, and says what they are made with", async () => {
    const one = await plugin({ a: {}, b: {}, c: {} }, { wantsPreStart: true });
    await counts([3, 3]);
    expect(await place(pod("p", [container("x", 2), container("y", 1)]))).toBe("a,b c");
    expect(one.calls).toEqual(["allocate a,b", "allocate c"]);
    const made = await podDevices(manager, NO_CLAIMS).prepare(pod("p", []), container("x", 2));
    expect(made).toEqual({
      environment: new Map([["FAKE_DEVICES", "a,b"]]),
      mounts: [{ containerPath: "/fake-hosts", hostPath: "/etc/hosts", readonly: true }],
      devices: [{ containerPath: "/dev/fake", hostPath: "/dev/null", permissions: "rw" }],
      annotations: { "fake.example/devices": "a,b" },
      cdiDevices: [],
    });
    expect(one.calls.at(-1)).toBe("preStart a,b");
    expect(await place(pod("q", [container("x", 1)]))).toBe(
      failed(`requested number of devices unavailable for ${RESOURCE}. Requested: 1, Available: 0`),
    );
    manager.release("p");
    expect(await place(pod("q", [container("x", 1)]))).toBe("a");
  });

  test("that refuses, or has nothing well, makes pods fail in the kubelet's words", async () => {
    await plugin({ a: {} }, { refusal: "on fire" });
    await counts([1, 1]);
    const one = pod("p", [container("x", 1)]);
    expect(await place(one)).toBe(failed("rpc error: code = Internal desc = on fire"));
    expect(have("p", "x")).toBe("");
    await plugins[0]?.[Symbol.asyncDispose]();
    await counts([1, 0]);
    expect(await place(one)).toBe(
      failed(`no healthy devices present; cannot allocate unhealthy devices ${RESOURCE}`),
    );
  });

  test("is asked which devices it would rather give", async () => {
    const one = await plugin({ a: {}, b: {}, c: {} }, { prefers: ["c", "b"] });
    await counts([3, 3]);
    expect(await place(pod("p", [container("x", 2)]))).toBe("c,b");
    expect(one.calls[0]).toBe("preferred 2 of a,b,c");
  });

  test("has its devices taken over by what comes after an init container, not by sidecars' next", async () => {
    await plugin({ a: {}, b: {}, c: {} });
    await counts([3, 3]);
    const side = container("side", 1, { restartPolicy: "Always" });
    const one = pod("p", [container("x", 2)], [container("init", 1), side]);
    expect(await place(one)).toBe("a a b,c");
  });

  test("on a node is given where the pod is, and rejected where it cannot be", async () => {
    await plugin({ a: { nodes: [0] }, b: { nodes: [1] }, c: { nodes: [1] }, d: {} });
    await counts([4, 4]);
    expect(await place(pod("p", [container("x", 2)]), "restricted")).toBe("b,c");
    expect(await place(pod("q", [container("x", 1)]), "restricted")).toBe("a");
    // What is left says nothing of its node.
    expect(await place(pod("r", [container("x", 1)]), "restricted")).toBe(
      "TopologyAffinityError: Resources cannot be allocated with Topology locality",
    );
  });
});

describe("after a restart", () => {
  test("containers have what they had, and the plugin nothing to give until it is back", async () => {
    await plugin({ a: { nodes: [1] }, b: {} });
    await counts([2, 2]);
    await place(pod("p", [container("x", 2)]));
    const [before, made] = [have("p", "x"), deviceParts(manager.ofContainer("p", "x"))];
    await stop();
    await start();
    expect(have("p", "x")).toBe(before);
    expect(deviceParts(manager.ofContainer("p", "x"))).toEqual(made);
    await counts([0, 0]);
    expect(manager.admissible[RESOURCE]).toBe(2);
    await plugin({ a: {}, b: {}, c: {} });
    await counts([3, 3]);
    expect(await place(pod("q", [container("x", 1)]))).toBe("c");
    manager.retain(new Set(["q"]));
    expect(have("p", "x")).toBe("");
  });

  test("a checkpoint that was changed is passed over, and said so", async () => {
    await plugin({ a: {} });
    await counts([1, 1]);
    await place(pod("p", [container("x", 1)]));
    await stop();
    const path = join(dir, "kubelet_internal_checkpoint");
    writeFileSync(path, readFileSync(path, "utf8").replace('"PodUID":"p"', '"PodUID":"q"'));
    await start();
    expect(have("q", "x")).toBe("");
    expect(lines.join("\n")).toContain("checkpoint is corrupted");
  });
});

test("health of a container's devices is in its status, and its pod is told of a change", async () => {
  const one = await plugin({ a: {}, b: {} });
  await counts([2, 2]);
  await place(pod("p", [container("x", 1)]));
  const told: string[] = [];
  manager.subscribe((uids) => told.push(...uids));
  one.announce({ a: { health: "Unhealthy" }, b: {} });
  await counts([2, 1]);
  expect(told).toEqual(["p"]);
  expect(podDevices(manager, NO_CLAIMS).health("p", "x")).toEqual([
    { name: RESOURCE, resources: [{ resourceID: "a", health: "Unhealthy" }] },
  ]);
});

test.each([
  [
    "v1alpha",
    RESOURCE,
    'requested API version "v1alpha" is not supported by kubelet. Supported version is ["v1beta1"]',
  ],
  ["v1beta1", "cpu", 'the ResourceName "cpu" is invalid'],
  ["v1beta1", "kubernetes.io/x", 'the ResourceName "kubernetes.io/x" is invalid'],
  ["v1beta1", "a/b/c", 'the ResourceName "a/b/c" is invalid'],
])("a registration as %s of %s is refused", async (version, resource, why) => {
  const path = join(dir, "bad.sock");
  const one = await FakeDevicePlugin.start({ resource, path, devices: {} });
  plugins.push(one);
  await expect(one.register(version)).rejects.toThrow(why);
});

test("a registration of a plugin that does not answer is refused", async () => {
  const path = join(dir, "silent.sock");
  const one = await FakeDevicePlugin.start({ resource: RESOURCE, path, devices: {} });
  await one[Symbol.asyncDispose]();
  await expect(one.register()).rejects.toThrow("failed to get device plugin options");
});
