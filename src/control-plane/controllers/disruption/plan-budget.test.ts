import { expect, test } from "bun:test";
import { apiTime } from "../../../kube/client/mod.ts";
import type { Pod, PodDisruptionBudget } from "../../../kube/types/mod.ts";
import { NOW, pod } from "../testing/mod.ts";
import { planBudget } from "./plan-budget.ts";

const owner = { kind: "ReplicaSet", name: "web", uid: "uid-web" };
const ready = (name: string): Pod => pod({ name, owner, ready: true });
const broken = (name: string): Pod => pod({ name, owner, ready: false });

function statusOf(
  spec: PodDisruptionBudget["spec"],
  pods: readonly Pod[],
  more: { readonly replicas?: number; readonly disruptedPods?: Record<string, string> } = {},
) {
  const { replicas = 3, disruptedPods } = more;
  const counts = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  const budget: PodDisruptionBudget = {
    metadata: { name: "b", namespace: "ns", uid: "uid-b", generation: 2 },
    spec,
    ...(disruptedPods === undefined ? {} : { status: { ...counts, disruptedPods } }),
  };
  const scales = new Map([["uid-web", replicas]]);
  const plan = planBudget({ budget, pods, scales, now: NOW });
  const [write] = plan.writes;
  // cast: the write is of the budget that went in
  const object = (write?.verb === "update" ? write.object : budget) as PodDisruptionBudget;
  return { status: object.status, wakeMs: plan.wakeMs };
}

test.each<[string, PodDisruptionBudget["spec"], readonly Pod[], number[]]>([
  ["a number that has to work", { minAvailable: 1 }, [ready("a"), ready("b")], [2, 1, 2, 1]],
  ["a share that has to work", { minAvailable: "50%" }, [ready("a"), ready("b")], [2, 2, 3, 0]],
  [
    "a number that may fail",
    { maxUnavailable: 1 },
    [ready("a"), ready("b"), ready("c")],
    [3, 2, 3, 1],
  ],
  [
    "a pod that does not work has failed",
    { maxUnavailable: 1 },
    [ready("a"), ready("b"), broken("c")],
    [2, 2, 3, 0],
  ],
  ["no pod at all", { minAvailable: 0 }, [], [0, 0, 0, 0]],
])("%s", (_, spec, pods, [currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed]) => {
  expect(statusOf(spec, pods).status).toMatchObject({
    ...{ currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, observedGeneration: 2 },
  });
});

test("a pod that is being evicted counts as gone, for two minutes", () => {
  const pods = [ready("a"), ready("b"), ready("c")];
  const disruptedPods = {
    ...{ a: apiTime(NOW - 60_000), b: apiTime(NOW - 121_000), gone: apiTime(NOW) },
  };
  const { status, wakeMs } = statusOf({ maxUnavailable: 1 }, pods, { disruptedPods });
  expect(status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
  expect(Object.keys(status?.disruptedPods ?? {})).toEqual(["a"]);
  expect(wakeMs).toBe(60_000);
});
