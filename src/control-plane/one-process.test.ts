import { expect, test } from "bun:test";
import { pollUntil, systemClock } from "../base/mod.ts";
import { KubeClient, type KubeObject, NODES, PODS, type ResourceType } from "../kube/client/mod.ts";
import { createTestControlPlane } from "./testing/mod.ts";

const DEPLOYMENTS: ResourceType<KubeObject & { readonly spec?: unknown }> = {
  ...{ group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true },
};

test("one process turns a Deployment into pods that have a node", async () => {
  await using plane = await createTestControlPlane({ components: { clusterCidrs: [] } });
  using client = new KubeClient(plane.admin);
  const room = { cpu: "4", memory: "8Gi", pods: "110" };
  await client.create(NODES, {
    metadata: { name: "node-0" },
    status: {
      ...{ capacity: room, allocatable: room },
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
  const labels = { app: "a" };
  await client.create(
    DEPLOYMENTS,
    {
      metadata: { name: "a", namespace: "default" },
      spec: {
        ...{ replicas: 2, selector: { matchLabels: labels } },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    },
    { namespace: "default" },
  );
  const placed = await pollUntil(systemClock, { timeoutMs: 30_000, intervalMs: 100 }, async () => {
    const { items } = await client.list(PODS, { namespace: "default" });
    const nodes = items.map(({ spec }) => spec?.nodeName);
    return nodes.length === 2 && nodes.every((name) => name !== undefined) ? nodes : undefined;
  });
  expect(placed).toEqual(["node-0", "node-0"]);
});
