/** An API server for each test of a file, with a client of it, and Nodes to put there: for tests. */
import { afterEach, beforeAll, beforeEach } from "bun:test";
import type { Clock } from "../../../base/mod.ts";
import { type Condition, KubeClient, type Node } from "../../client/mod.ts";
import { FakeApiServer, TestAuthority } from "../../testing/mod.ts";
import { NodeError } from "../mod.ts";

/** What a test works on; new for each test. */
export interface ApiFixture {
  server: FakeApiServer;
  client: KubeClient;
}

/** Gives every test of the file a server of its own; read the fields inside the tests only. */
export function useApiServer(): ApiFixture {
  let authority: TestAuthority;
  // cast: filled before each test
  const fixture = {} as ApiFixture;
  beforeAll(async () => {
    authority = await TestAuthority.create();
  });
  beforeEach(async () => {
    fixture.server = await FakeApiServer.start({
      ...(await authority.issueServer()),
      clientCa: authority.certificate,
      podTerminationMs: 5,
    });
    const user = { name: "admin", group: "system:masters" };
    fixture.client = new KubeClient(await authority.connect(fixture.server.url, user));
  });
  afterEach(async () => {
    fixture.client[Symbol.dispose]();
    await fixture.server[Symbol.asyncDispose]();
  });
  return fixture;
}

/** Time that passes as fast as it is slept, with room for the server to do its part. */
export function fastClock(onSleep?: (count: number) => void): Clock {
  let now = 0;
  let count = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      onSleep?.(++count);
      await Bun.sleep(2);
    },
  };
}

export const READY: Condition = {
  type: "Ready",
  status: "True",
  reason: "KubeletReady",
  message: "kubelet is posting ready status",
};
export const NOT_READY: Condition = {
  type: "Ready",
  status: "False",
  reason: "KubeletNotReady",
  message: "cni plugin not initialized",
};

export function node(conditions: Condition[] | undefined, kubeletVersion = "v1.36.2"): Node {
  return {
    metadata: { name: "node-0" },
    status: { nodeInfo: { kubeletVersion }, ...(conditions === undefined ? {} : { conditions }) },
  };
}

export async function failure(work: Promise<unknown>): Promise<NodeError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof NodeError) return thrown;
  throw new Error(`expected a NodeError, got ${String(thrown)}`);
}
