import { expect, test } from "bun:test";
import { apiTime } from "../../../kube/client/mod.ts";
import { API, type Namespace } from "../../../kube/types/mod.ts";
import { NOW, pod, printWrites } from "../testing/mod.ts";
import { type NamespaceDeletionInput, planNamespaceDeletion } from "./namespace-deletion.ts";

const namespace: Namespace = {
  metadata: { name: "going", deletionTimestamp: apiTime(NOW) },
  spec: { finalizers: ["kubernetes"] },
  status: { phase: "Terminating" },
};
const configMaps = {
  type: API.configMaps,
  objects: [{ metadata: { name: "c", namespace: "going" } }],
};
const pods = (deleted: boolean) => ({
  type: API.pods,
  objects: [pod({ name: "p", namespace: "going", deleted })],
});
const input = (content: NamespaceDeletionInput["content"], failed: readonly string[] = []) => ({
  ...{ namespace, content, failed, now: NOW },
});

test.each([
  { name: "pods go first", content: [configMaps, pods(false)], want: ["delete Pod p"] },
  { name: "the rest waits until they are gone", content: [configMaps, pods(true)], want: [] },
  { name: "then it goes, too", content: [configMaps], want: ["delete ConfigMap c"] },
  {
    name: "an empty namespace is let go",
    content: [],
    want: ["update Namespace going (finalize)"],
  },
])("planNamespaceDeletion(): $name", ({ content, want }) => {
  expect(printWrites(planNamespaceDeletion(input(content)).writes)).toEqual(want);
});

test("planNamespaceDeletion() says what is left and what could not be deleted", () => {
  const plan = planNamespaceDeletion(input([pods(false)], ["metrics.k8s.io"]));
  const [write] = plan.writes;
  if (write === undefined) throw new Error("nothing is deleted");
  const [status] = plan.finish?.([{ write, thrown: new Error("no"), message: "no" }]) ?? [];
  expect(status).toMatchObject({
    object: {
      status: {
        conditions: [
          { type: "NamespaceDeletionDiscoveryFailure", status: "True" },
          { type: "NamespaceDeletionContentFailure", status: "True" },
          { type: "NamespaceContentRemaining", status: "True" },
          { type: "NamespaceFinalizersRemaining", status: "False" },
        ],
      },
    },
  });
});
