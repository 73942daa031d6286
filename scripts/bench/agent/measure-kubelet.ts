import { PODS, type Pod } from "../../../src/kube/client/mod.ts";
import type { FakeApiServer } from "../../../src/kube/testing/mod.ts";
import { BUSYBOX_IMAGE } from "../../../test/support/containerd.ts";
import { median, timed } from "../measure.ts";
import { measureIdle } from "../measure-idle.ts";
import { BenchNode } from "./bench-node.ts";

/** What one kubelet takes; times in milliseconds. */
export interface KubeletMeasure {
  readonly toReady: number;
  readonly toGone: number;
  readonly thirtyReady: number;
  readonly manyReady: number;
  /** Of a core, with 30 pods that do nothing. */
  readonly idleCpu: number;
  readonly idleBytes: number;
}

const SINGLES = 10;
const THIRTY = 30;
/** As many as a node has by default. */
const MANY = 110;
const SETTLE_MS = 5_000;
const IDLE_MS = 20_000;
const PATIENCE_MS = 180_000;
const NAMESPACE = "default";

/** Runs a kubelet through everything. */
export async function measureKubelet(
  name: string,
  program: readonly string[],
): Promise<KubeletMeasure> {
  await using bench = await BenchNode.start(name, program);
  try {
    const { server } = bench;
    // The first pod pays for what only happens once.
    await runPods(server, name, ["warm-up"]);
    await removePods(server, ["warm-up"]);
    const ready: number[] = [];
    const gone: number[] = [];
    for (let at = 0; at < SINGLES; at++) {
      ready.push(await timed(() => runPods(server, name, [`single-${at}`])));
      gone.push(await timed(() => removePods(server, [`single-${at}`])));
    }
    const thirty = names("thirty", THIRTY);
    const thirtyReady = await timed(() => runPods(server, name, thirty));
    // What the pods before it have left to do.
    await Bun.sleep(SETTLE_MS);
    const idle = await measureIdle(bench.pid, IDLE_MS);
    await removePods(server, thirty);
    const many = names("many", MANY);
    const manyReady = await timed(() => runPods(server, name, many));
    await removePods(server, many);
    return {
      ...{ toReady: median(ready), toGone: median(gone), thirtyReady, manyReady },
      ...{ idleCpu: idle.cpu, idleBytes: idle.bytes },
    };
  } catch (thrown) {
    throw new Error(`${String(thrown)}\n${bench.log().slice(-4000)}`);
  }
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
}

async function runPods(
  server: FakeApiServer,
  nodeName: string,
  which: readonly string[],
): Promise<void> {
  const waiting = new Set(which);
  await until(server, `${which.length} pods ready`, {
    begin: () => {
      for (const name of which) server.store.put(PODS, podOf(name, nodeName));
    },
    see: (pod) => {
      const isReady = pod.status?.conditions?.some(
        ({ type, status }) => type === "Ready" && status === "True",
      );
      if (isReady) waiting.delete(pod.metadata.name);
      return waiting.size === 0;
    },
  });
}

async function removePods(server: FakeApiServer, which: readonly string[]): Promise<void> {
  const waiting = new Set(which);
  await until(server, `${which.length} pods gone`, {
    begin: () => {
      for (const name of which) {
        const pod = server.store.get(PODS, name, NAMESPACE);
        if (pod === undefined) continue;
        const metadata = {
          ...pod.metadata,
          deletionTimestamp: new Date(Date.now() + 30_000).toISOString().replace(/\.\d+/, ""),
          deletionGracePeriodSeconds: 30,
        };
        server.store.put(PODS, { ...pod, metadata });
      }
    },
    see: (pod, type) => {
      if (type === "DELETED") waiting.delete(pod.metadata.name);
      return waiting.size === 0;
    },
  });
}

/** Begins something and waits for the change that ends it. */
async function until(
  server: FakeApiServer,
  what: string,
  steps: { begin: () => void; see: (pod: Pod, type: string) => boolean },
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const stop = server.store.watch(PODS, server.store.version, ({ object, type }) => {
    if (steps.see(object, type)) done.resolve();
  });
  const timer = setTimeout(
    () => done.reject(new Error(`Not within ${PATIENCE_MS} ms: ${what}`)),
    PATIENCE_MS,
  );
  try {
    steps.begin();
    await done.promise;
  } finally {
    clearTimeout(timer);
    stop?.();
  }
}

/** As the API server's defaults make it, for a container that obeys TERM. */
function podOf(name: string, nodeName: string): Pod {
  const script = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done";
  const pod = {
    metadata: { name, namespace: NAMESPACE, uid: crypto.randomUUID() },
    spec: {
      nodeName,
      ...{ restartPolicy: "Always", dnsPolicy: "Default", enableServiceLinks: false },
      ...{ terminationGracePeriodSeconds: 30, schedulerName: "default-scheduler" },
      ...{ automountServiceAccountToken: false, securityContext: {} },
      containers: [
        {
          ...{ name: "main", image: BUSYBOX_IMAGE, imagePullPolicy: "IfNotPresent" },
          command: ["/bin/sh", "-c", script],
          ...{ terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" },
          resources: {},
        },
      ],
    },
    status: { phase: "Pending", qosClass: "BestEffort" },
  };
  return pod;
}
