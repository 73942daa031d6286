import { describe, expect, test } from "bun:test";
import type { Pod, StatefulSet } from "../../../kube/types/mod.ts";
import { NOW, type PodSketch, pod, printWrites } from "../testing/mod.ts";
import { planStatefulSet } from "./plan-stateful-set.ts";

const labels = { app: "db" };
const owner = { kind: "StatefulSet", name: "db", uid: "uid-db" };

function statefulSet(spec: Partial<StatefulSet["spec"]> = {}): StatefulSet {
  return {
    metadata: { name: "db", namespace: "ns", uid: "uid-db", generation: 1 },
    spec: {
      ...{ replicas: 2, serviceName: "db", selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      updateStrategy: { type: "RollingUpdate" },
      ...spec,
    },
  };
}

function plan(spec: Partial<StatefulSet["spec"]>, pods: readonly Pod[]) {
  return planStatefulSet({
    ...{ set: statefulSet(spec), pods, claims: [], revisions: [], now: NOW },
  });
}

function changes(spec: Partial<StatefulSet["spec"]>, pods: readonly Pod[]): readonly string[] {
  return printWrites(plan(spec, pods).writes).filter((one) => !one.includes("ControllerRevision"));
}

/** The name of the present template's revision. */
function revisionNow(): string {
  const [first] = plan({}, []).writes;
  return first?.verb === "create" ? first.object.metadata.name : "";
}

const REVISION = revisionNow();
const mine = (ordinal: number, more: Partial<PodSketch> = {}, revision = REVISION): Pod =>
  pod({
    ...{ name: `db-${ordinal}`, owner, ready: true },
    labels: { ...labels, "controller-revision-hash": revision },
    ...more,
  });

describe("planStatefulSet()", () => {
  test.each<[string, Partial<StatefulSet["spec"]>, readonly Pod[], readonly string[]]>([
    ["starts with the first", {}, [], ["create Pod db-0"]],
    ["waits until the first is ready", {}, [mine(0, { ready: false })], []],
    ["goes on with the second", {}, [mine(0)], ["create Pod db-1"]],
    ["is content with all", {}, [mine(0), mine(1)], []],
    [
      "starts all at once where that is allowed",
      { podManagementPolicy: "Parallel" },
      [],
      ["create Pod db-0", "create Pod db-1"],
    ],
    [
      "gives up the highest first",
      { replicas: 1 },
      [mine(0), mine(1), mine(2)],
      ["delete Pod db-2"],
    ],
    [
      "waits for one that is going",
      { replicas: 1 },
      [mine(0), mine(1), mine(2, { deleted: true })],
      [],
    ],
    [
      "makes a failed one anew",
      {},
      [mine(0, { phase: "Failed" }), mine(1)],
      ["event RecreatingFailedPod", "delete Pod db-0"],
    ],
    [
      "replaces old ones from the last to the first",
      {},
      [mine(0, {}, "db-old"), mine(1, {}, "db-old")],
      ["delete Pod db-1"],
    ],
    [
      "waits until the one it has replaced is ready",
      {},
      [mine(0, {}, "db-old"), mine(1, { ready: false })],
      [],
    ],
    [
      "leaves those below the partition as they are",
      { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } },
      [mine(0, {}, "db-old"), mine(1)],
      [],
    ],
    [
      "leaves old ones to others with OnDelete",
      { updateStrategy: { type: "OnDelete" } },
      [mine(0, {}, "db-old"), mine(1, {}, "db-old")],
      [],
    ],
    ["counts from where it is told", { ordinals: { start: 5 } }, [], ["create Pod db-5"]],
  ])("%s", (_, spec, pods, want) => {
    expect(changes(spec, pods)).toEqual(want);
  });

  test("a pod has its name in DNS, and claims of its own that are made before it", () => {
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: {} }];
    const { writes } = plan({ volumeClaimTemplates }, []);
    expect(printWrites(writes).slice(-2)).toEqual([
      "create PersistentVolumeClaim data-db-0",
      "create Pod db-0",
    ]);
    expect(writes.at(-1)).toMatchObject({
      object: {
        metadata: { labels: { "apps.kubernetes.io/pod-index": "0" } },
        spec: {
          ...{ hostname: "db-0", subdomain: "db" },
          volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-db-0" } }],
        },
      },
    });
  });

  test("counts what there is", () => {
    const [write] = plan({}, [mine(0), mine(1, { ready: false })]).finish?.([]) ?? [];
    expect(write).toMatchObject({
      object: { status: { replicas: 2, readyReplicas: 1, updateRevision: REVISION } },
    });
  });
});
