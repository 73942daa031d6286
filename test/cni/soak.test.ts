import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { mapPool } from "../../src/base/mod.ts";
import { seededRandom, times } from "../../src/base/testing/mod.ts";
import { hostLocal, kernelState, said, TestHost } from "../../src/cni/conformance/mod.ts";
import type { JsonObject } from "../../src/cni/mod.ts";
import { OwnExecutables } from "../../src/cni/testing/mod.ts";

const PODS = 200;
const PARALLEL = 16;
const ROUNDS = times({ usual: 1, full: 3 });
/** Of calls that are cut off by kill -9, one in so many. */
const KILLED_ONE_IN = 5;
const CYCLES = times({ usual: 500, full: 5000 });
const BRIDGE = "cnisoak0";

let own: OwnExecutables;
beforeAll(() => {
  own = new OwnExecutables();
});
afterAll(() => own[Symbol.dispose]());

function conf(host: TestHost, more: JsonObject = {}): JsonObject {
  return {
    cniVersion: "1.1.0",
    name: "soak",
    type: "bridge",
    bridge: BRIDGE,
    isGateway: true,
    ipMasq: true,
    ipam: hostLocal(host),
    ...more,
  };
}

interface SoakPod {
  readonly id: string;
  readonly netns: string;
}

async function call(host: TestHost, command: string, pod: SoakPod, killAfterMs?: number) {
  const wrapper =
    killAfterMs === undefined ? [] : ["timeout", "-s", "KILL", (killAfterMs / 1000).toFixed(4)];
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: pod.id,
    CNI_NETNS: pod.netns,
    CNI_IFNAME: "eth0",
  };
  return host.call({ type: "bridge", env, stdin: conf(host), wrapper });
}

function collect(host: TestHost, valid: readonly SoakPod[]) {
  const list = valid.map(({ id }) => ({ containerID: id, ifname: "eth0" }));
  const stdin = conf(host, { "cni.dev/valid-attachments": list });
  return host.call({ type: "bridge", env: { CNI_COMMAND: "GC" }, stdin });
}

test(`${PODS} pods come and go, ${PARALLEL} at a time, with kill -9 and GC between`, async () => {
  using host = new TestHost(own.directory);
  const random = seededRandom(20_261_124);
  const pods = Array.from({ length: PODS }, (_, i) => ({ id: `pod${i}`, netns: host.addPod() }));
  const clean = await afterOneLife(host);
  for (let round = 0; round < ROUNDS; round++) {
    const addresses = new Map<string, string>();
    await mapPool(pods, PARALLEL, async (pod) => {
      if (random(KILLED_ONE_IN) === 0) {
        await call(host, "ADD", pod, 1 + random(2500) / 100);
        // A runtime cleans up after a failed ADD before it tries again.
        const cleaned = await call(host, "DEL", pod);
        expect(cleaned.exitCode, said(cleaned)).toBe(0);
      }
      const added = await call(host, "ADD", pod);
      expect(added.exitCode, said(added)).toBe(0);
      const address = JSON.stringify(added.json?.["ips"]);
      expect(addresses.get(address), `twice: ${address}`).toBeUndefined();
      addresses.set(address, pod.id);
    });
    expect(addresses.size).toBe(PODS);
    const kept = await collect(host, pods);
    expect(kept.exitCode, said(kept)).toBe(0);
    expect(addressFiles(host)).toBe(PODS);
    // Half of them get a DEL, some of these two; GC finds the rest.
    const deleted = pods.filter((_, i) => i % 2 === 0);
    await mapPool(deleted, PARALLEL, async (pod) => {
      if (random(KILLED_ONE_IN) === 0) await call(host, "DEL", pod, 1 + random(2500) / 100);
      const gone = await call(host, "DEL", pod);
      expect(gone.exitCode, said(gone)).toBe(0);
    });
    const rest = await collect(host, []);
    expect(rest.exitCode, said(rest)).toBe(0);
    expect(addressFiles(host)).toBe(0);
    for (const pod of pods.filter((_, i) => i % 2 === 1)) {
      const gone = await call(host, "DEL", pod);
      expect(gone.exitCode, said(gone)).toBe(0);
    }
  }
  expect(kernelState(host)).toEqual([...clean]);
  expect(allFiles(host).filter((path) => /\/\d+\.\d+\.\d+\.\d+$/.test(path))).toEqual([]);
});

test(`${CYCLES} cycles, one after the other, leave nothing and grow nothing`, async () => {
  using host = new TestHost(own.directory);
  const pod = { id: "cycle", netns: host.addPod() };
  const cycle = async (): Promise<void> => {
    const added = await call(host, "ADD", pod);
    expect(added.exitCode, said(added)).toBe(0);
    const gone = await call(host, "DEL", pod);
    expect(gone.exitCode, said(gone)).toBe(0);
  };
  await cycle();
  const once = kernelState(host);
  const filesOnce = allFiles(host);
  const tenths: number[] = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    const started = performance.now();
    for (let i = 0; i < CYCLES / 10; i++) await cycle();
    tenths.push((performance.now() - started) / (CYCLES / 10));
  }
  console.log(`ms per cycle, each tenth: ${tenths.map((ms) => ms.toFixed(1)).join(" ")}`);
  expect(kernelState(host)).toEqual([...once]);
  expect(allFiles(host)).toEqual(filesOnce);
});

/** What stays by design when one pod has come and gone: the bridge with its address, base chains. */
async function afterOneLife(host: TestHost): Promise<readonly string[]> {
  const pod = { id: "first", netns: host.addPod() };
  for (const command of ["ADD", "DEL"]) {
    const answer = await call(host, command, pod);
    expect(answer.exitCode, said(answer)).toBe(0);
  }
  host.removePod(pod.netns);
  return kernelState(host);
}

/** Reservations, without their second names in the index, which lies beside the networks' directories. */
function addressFiles(host: TestHost): number {
  const directory = join(host.dataDir, "networks/soak");
  return readdirSync(directory).filter((name) => /^\d+\.\d+\.\d+\.\d+$/.test(name)).length;
}

/** Files and directories. */
function allFiles(host: TestHost): readonly string[] {
  return readdirSync(host.dataDir, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
