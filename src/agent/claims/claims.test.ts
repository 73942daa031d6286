import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, systemClock } from "../../base/mod.ts";
import type { Container, Pod, PodStatus, ResourceClaim } from "../api/mod.ts";
import { PluginWatcher } from "../plugin-watcher/mod.ts";
import { ClaimDrivers } from "./claim-drivers.ts";
import { ClaimState } from "./claim-state.ts";
import { Claims } from "./claims.ts";
import { FakeClaimDriver } from "./testing.ts";

const DRIVER = "gpu.example.com";

let dir = "";
let lines: string[] = [];
let drivers: ClaimDrivers;
let watcher: PluginWatcher;
let claims: Claims;
let objects = new Map<string, ResourceClaim>();

const open = async (): Promise<Claims> =>
  await Claims.open({
    ...{ drivers, state: new ClaimState(join(dir, "dra_manager_state")) },
    fetch: async (namespace, name) => {
      const found = objects.get(`${namespace}/${name}`);
      if (found === undefined) throw new Error(`resourceclaims "${name}" not found`);
      return found;
    },
  });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nw-claims-"));
  lines = [];
  objects = new Map();
  drivers = new ClaimDrivers();
  const write = (line: string): void => void lines.push(line);
  const log = createLogger({ program: "t", write, verbosity: 2, processId: 1, now: () => 0 });
  const directory = join(dir, "plugins_registry");
  mkdirSync(directory);
  const handlers = { DRAPlugin: drivers };
  watcher = new PluginWatcher({ directory, handlers, clock: systemClock, log });
  claims = await open();
});
afterEach(() => {
  drivers[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

async function driver(versions?: readonly string[]): Promise<FakeClaimDriver> {
  const path = join(dir, "plugins_registry/gpu.sock");
  const options = versions === undefined ? {} : { versions };
  const one = await FakeClaimDriver.start({ name: DRIVER, path, ...options });
  await watcher.sync();
  return one;
}

/** A claim that these pods may use. */
function claim(name: string, users: readonly string[], more: Partial<ResourceClaim> = {}): void {
  objects.set(`n/${name}`, {
    ...{ apiVersion: "resource.k8s.io/v1", kind: "ResourceClaim" },
    metadata: { name, namespace: "n", uid: `uid-${name}` },
    status: {
      reservedFor: users.map((uid) => ({ resource: "pods", uid })),
      allocation: { devices: { results: [{ driver: DRIVER }] } },
    },
    ...more,
  });
}

const container = (name: string, used: readonly object[]): Container => ({
  // cast: the package of types is older than the field `request`
  ...{ name, resources: { claims: used as { name: string }[] } },
});
const pod = (
  name: string,
  claimName: string,
  used: readonly object[] = [{ name: "dev" }],
): Pod => ({
  metadata: { name, namespace: "n", uid: name },
  spec: {
    resourceClaims: [{ name: "dev", resourceClaimName: claimName }],
    containers: [container("main", used)],
  },
});

async function outcome(run: Promise<unknown>): Promise<string> {
  return await run.then(
    () => "ok",
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : "?"),
  );
}
const cdi = (one: Pod): string =>
  claims.cdiDevices(one, one.spec.containers[0] ?? { name: "" }).join();

describe("claims of a pod", () => {
  test("are made ready once, given by request, and put away with the last pod", async () => {
    await using gpu = await driver();
    claim("c", ["p", "q"]);
    const [p, q] = [pod("p", "c"), pod("q", "c", [{ name: "dev", request: "two" }])];
    await claims.prepare(p);
    await claims.prepare(q);
    expect(gpu.calls).toEqual(["prepare c"]);
    expect([cdi(p), cdi(q)]).toEqual(["v.com/k=c-a,v.com/k=c-b", "v.com/k=c-b"]);
    await claims.unprepare("p");
    expect(gpu.calls).toEqual(["prepare c"]);
    await claims.unprepare("q");
    await claims.unprepare("q");
    expect(gpu.calls).toEqual(["prepare c", "unprepare c"]);
  });

  test("survive a restart, and are made ready again before their next pod", async () => {
    await using gpu = await driver();
    claim("c", ["p", "q"]);
    await claims.prepare(pod("p", "c"));
    claims = await open();
    expect(cdi(pod("p", "c"))).toBe("v.com/k=c-a,v.com/k=c-b");
    await claims.prepare(pod("q", "c"));
    expect(gpu.calls).toEqual(["prepare c", "prepare c"]);
    await claims.retain(new Set());
    expect(gpu.calls.at(-1)).toBe("unprepare c");
  });

  test("of a template have the name that the pod's status says, and must be the pod's own", async () => {
    await using _gpu = await driver();
    const one = (status: PodStatus): Pod => ({
      ...pod("p", "x"),
      spec: {
        resourceClaims: [{ name: "dev", resourceClaimTemplateName: "t" }],
        containers: [container("main", [{ name: "dev" }])],
      },
      status,
    });
    expect(await outcome(claims.prepare(one({})))).toBe('pod "n/p": ResourceClaim not created yet');
    const made = one({ resourceClaimStatuses: [{ name: "dev", resourceClaimName: "p-dev" }] });
    claim("p-dev", ["p"]);
    expect(await outcome(claims.prepare(made))).toBe(
      "ResourceClaim n/p-dev was not created for pod n/p (pod is not owner)",
    );
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "p", controller: true };
    const ownerReferences = [owner];
    claim("p-dev", ["p"], {
      metadata: { name: "p-dev", namespace: "n", uid: "u", ownerReferences },
    });
    expect(await outcome(claims.prepare(made))).toBe("ok");
    expect(cdi(made)).toBe("v.com/k=p-dev-a,v.com/k=p-dev-b");
  });

  test("of extended resources are for the containers that asked for these", async () => {
    await using _gpu = await driver();
    claim("ext", ["p"]);
    const mapping = { containerName: "main", resourceName: "example.com/gpu", requestName: "one" };
    const one: Pod = {
      metadata: { name: "p", namespace: "n", uid: "p" },
      spec: { containers: [{ name: "main" }, { name: "other" }] },
      status: {
        extendedResourceClaimStatus: { resourceClaimName: "ext", requestMappings: [mapping] },
      },
    };
    await claims.prepare(one);
    expect(cdi(one)).toBe("v.com/k=ext-a");
    expect(claims.cdiDevices(one, { name: "other" })).toEqual([]);
  });

  test.each<readonly [string, () => void, string]>([
    ["is not there", () => {}, 'fetch ResourceClaim c: resourceclaims "c" not found'],
    [
      "is not reserved for it",
      () => claim("c", ["other"]),
      "pod p (p) is not allowed to use ResourceClaim c (uid-c)",
    ],
    [
      "is not allocated",
      () => claim("c", ["p"], { status: { reservedFor: [{ resource: "pods", uid: "p" }] } }),
      "ResourceClaim c: not allocated",
    ],
    [
      "has a driver that is not there",
      () => claim("c", ["p"]),
      `DRA driver ${DRIVER} is not registered`,
    ],
  ])("that %s is an error in the kubelet's words", async (_name, prepare, want) => {
    prepare();
    expect(await outcome(claims.prepare(pod("p", "c")))).toBe(want);
  });

  test("are tried again where their driver fails, both ways", async () => {
    await using gpu = await driver();
    claim("c", ["p"]);
    gpu.refusals.set("prepare", "no power");
    expect(await outcome(claims.prepare(pod("p", "c")))).toBe(
      "NodePrepareResources failed for ResourceClaim c: no power",
    );
    gpu.refusals.clear();
    await claims.prepare(pod("p", "c"));
    gpu.refusals.set("call", "gone mad");
    expect(await outcome(claims.unprepare("p"))).toBe(
      "NodeUnprepareResources: rpc error: code = Internal desc = gone mad",
    );
    gpu.refusals.clear();
    await claims.unprepare("p");
    expect(gpu.calls).toEqual(["prepare c", "prepare c", "unprepare c", "unprepare c"]);
  });
});

describe("a driver", () => {
  test("registers by its socket, goes with it, and comes back", async () => {
    const first = await driver();
    expect(first.registrations).toEqual(["registered"]);
    await watcher.sync();
    expect(first.registrations).toEqual(["registered"]);
    claim("c", ["p"]);
    await first[Symbol.asyncDispose]();
    await watcher.sync();
    expect(await outcome(claims.prepare(pod("p", "c")))).toContain("is not registered");
    await using second = await driver();
    expect(await outcome(claims.prepare(pod("p", "c")))).toBe("ok");
    expect(second.registrations).toEqual(["registered"]);
  });

  test("of another version is refused, and told so", async () => {
    await using old = await driver(["v1alpha4.Node"]);
    expect(old.registrations).toEqual([
      'none of services supported by the plugin (["v1alpha4.Node"]) are supported by the kubelet (["v1.DRAPlugin"])',
    ]);
  });
});

test("ClaimState is the kubelet's own file, and one that was changed is refused", async () => {
  const path = join(dir, "state");
  const devices = [{ pool: "p", device: "d", requests: ["r"], cdi: ["v.com/k=d"] }];
  const one = {
    uid: "u",
    name: "c",
    namespace: "n",
    podUids: new Set(["p"]),
    devices: new Map([["drv", devices]]),
  };
  new ClaimState(path).write([one]);
  expect(await new ClaimState(path).read()).toEqual([one]);
  const { Data } = JSON.parse(readFileSync(path, "utf8"));
  expect(Data).toBe(
    '{"kind":"DRACheckpoint","apiVersion":"checkpoint.dra.kubelet.k8s.io/v1","ClaimInfoStateList":[{"ClaimUID":"u","ClaimName":"c","Namespace":"n","PodUIDs":{"p":{}},"DriverState":{"drv":{"Devices":[{"PoolName":"p","DeviceName":"d","ShareID":null,"RequestNames":["r"],"CDIDeviceIDs":["v.com/k=d"]}]}}}]}',
  );
  writeFileSync(path, readFileSync(path, "utf8").replace("v.com", "w.com"));
  expect(await outcome(new ClaimState(path).read())).toBe("checkpoint is corrupted");
});

test("a plugin of a kind that nobody takes is told so", async () => {
  await using _gpu = await driver();
  const other = join(dir, "plugins_registry/other");
  writeFileSync(other, "no socket");
  const strange = new PluginWatcher({
    ...{ directory: join(dir, "plugins_registry"), handlers: {}, clock: systemClock },
    log: createLogger({
      program: "t",
      write: (line) => void lines.push(line),
      verbosity: 2,
      processId: 1,
      now: () => 0,
    }),
  });
  await strange.sync();
  expect(_gpu.registrations.at(-1)).toStartWith(
    "no handler registered for plugin type: DRAPlugin at socket",
  );
  expect(lines.join("\n")).not.toContain(other);
});

test("a plugin that cannot be registered is tried again, later each time", async () => {
  await using gpu = await FakeClaimDriver.start({
    ...{ name: DRIVER, path: join(dir, "plugins_registry/gpu.sock") },
  });
  let now = 0;
  let failures = 2;
  const taken: string[] = [];
  const again = new PluginWatcher({
    ...{ directory: join(dir, "plugins_registry"), clock: { ...systemClock, now: () => now } },
    log: createLogger({ program: "t", write: () => {}, verbosity: 0, processId: 1, now: () => 0 }),
    handlers: {
      DRAPlugin: {
        register: ({ name }) => {
          if (failures-- > 0) throw new Error("not yet");
          taken.push(name);
        },
        deregister: () => {},
      },
    },
  });
  for (const time of [0, 499, 500, 1499, 1500, 9000]) {
    now = time;
    await again.sync();
  }
  expect(gpu.registrations).toEqual(["not yet", "not yet", "registered"]);
  expect(taken).toEqual([DRIVER]);
});
