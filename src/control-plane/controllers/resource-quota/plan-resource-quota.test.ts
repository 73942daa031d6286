import { expect, test } from "bun:test";
import type { ResourceQuota } from "../../../kube/types/mod.ts";
import { NOW, pod } from "../testing/mod.ts";
import { planResourceQuota } from "./plan-resource-quota.ts";

const hard = { pods: "3", "requests.memory": "1Gi", "count/deployments.apps": "2", services: "1" };
const quota: ResourceQuota = { metadata: { name: "q", namespace: "ns" }, spec: { hard } };
const memory = (name: string, amount: string) =>
  pod({
    name,
    spec: { containers: [{ name: "c", image: "i", resources: { requests: { memory: amount } } }] },
  });
const objects = new Map<string, readonly object[]>([
  ["pods", [memory("a", "64Mi"), memory("b", "0.5Gi"), pod({ name: "c", phase: "Failed" })]],
  ["deployments.apps", [{}, {}]],
  ["secrets", [{}]],
]);

test("planResourceQuota() counts what the namespace uses, and writes it once", () => {
  const [write] = planResourceQuota({ quota, objects, now: NOW }).writes;
  const used = {
    ...{ pods: "2", "requests.memory": "576Mi" },
    ...{ "count/deployments.apps": "2", services: "0" },
  };
  expect(write).toMatchObject({ subresource: "status", object: { status: { hard, used } } });
  const counted = { ...quota, status: { hard, used } };
  expect(planResourceQuota({ quota: counted, objects, now: NOW }).writes).toEqual([]);
});
