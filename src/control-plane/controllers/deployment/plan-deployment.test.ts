import { describe, expect, test } from "bun:test";
import { apiTime, KubeError } from "../../../kube/client/mod.ts";
import type { Deployment, ReplicaSet } from "../../../kube/types/mod.ts";
import type { Write } from "../lib/mod.ts";
import { deployment, NOW, pod, printWrites } from "../testing/mod.ts";
import { planDeployment } from "./plan-deployment.ts";

/** A world with one Deployment: plans are carried out, and ReplicaSets have their pods at once or by hand. */
class World {
  now = NOW;
  deployment: Deployment;
  readonly sets = new Map<string, ReplicaSet>();
  readonly log: string[] = [];
  /** How many pods of the newest generation may become available a step. */
  readiness = 1;

  constructor(start: Deployment) {
    this.deployment = start;
  }

  plan() {
    const { deployment: one, now } = this;
    return planDeployment({ deployment: one, sets: [...this.sets.values()], pods: [], now });
  }

  step(): void {
    const plan = this.plan();
    for (const write of [...plan.writes, ...(plan.finish?.([]) ?? [])]) this.#write(write);
    this.#runSets();
    this.now += 1000;
  }

  #write(write: Write): void {
    if (write.verb === "event") return;
    const event = write.report?.done?.message;
    if (event !== undefined) this.log.push(event);
    const { object, type } = write;
    if (type.kind === "Deployment") {
      this.deployment = object as Deployment; // cast: by its kind
      return;
    }
    const { name } = object.metadata;
    if (write.verb === "delete") this.sets.delete(name);
    else {
      const created = { uid: `uid-${name}`, creationTimestamp: apiTime(this.now), generation: 1 };
      const metadata = { ...created, ...object.metadata };
      this.sets.set(name, { ...(object as ReplicaSet), metadata }); // cast: by its kind
    }
  }

  #runSets(): void {
    for (const [name, set] of this.sets) {
      const replicas = set.spec.replicas ?? 0;
      const before = set.status?.availableReplicas ?? 0;
      const availableReplicas = Math.min(replicas, before + this.readiness);
      const status = { replicas, readyReplicas: availableReplicas, availableReplicas };
      this.sets.set(name, { ...set, status: { ...status, observedGeneration: 1 } });
    }
  }

  get sizes(): readonly (number | undefined)[] {
    return [...this.sets.values()].map(({ spec }) => spec.replicas);
  }
  get available(): number {
    return [...this.sets.values()].reduce(
      (sum, { status }) => sum + (status?.availableReplicas ?? 0),
      0,
    );
  }
  get total(): number {
    return this.sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }
  condition(type: string) {
    return this.deployment.status?.conditions?.find((one) => one.type === type);
  }

  change(spec: Partial<Deployment["spec"]>): void {
    const { metadata } = this.deployment;
    const generation = (metadata.generation ?? 0) + 1;
    this.deployment = {
      ...this.deployment,
      metadata: { ...metadata, generation },
      spec: { ...this.deployment.spec, ...spec },
    };
  }
  image(image: string): void {
    const { template } = this.deployment.spec;
    this.change({ template: { ...template, spec: { containers: [{ name: "c", image }] } } });
  }
  settle(): void {
    for (let i = 0; i < 50; i++) this.step();
  }
}

describe("planDeployment()", () => {
  test("rolls out, reports progress, and writes nothing once it is done", () => {
    const world = new World(deployment());
    world.step();
    expect(world.condition("Progressing")?.reason).toBe("NewReplicaSetCreated");
    world.step();
    expect(world.condition("Progressing")?.reason).toBe("ReplicaSetUpdated");
    world.settle();
    expect(world.condition("Progressing")?.reason).toBe("NewReplicaSetAvailable");
    expect(world.condition("Available")?.status).toBe("True");
    expect(world.log[0]).toMatch(/^Scaled up replica set web-[a-z0-9]+ from 0 to 4$/);
    expect(world.deployment.metadata.annotations).toEqual({
      "deployment.kubernetes.io/revision": "1",
    });
    const plan = world.plan();
    expect(printWrites([...plan.writes, ...(plan.finish?.([]) ?? [])])).toEqual([]);
  });

  test.each([
    { surge: "25%", unavailable: "25%", replicas: 4 },
    { surge: 0, unavailable: 1, replicas: 3 },
    { surge: 1, unavailable: 0, replicas: 5 },
    { surge: "0%", unavailable: "0%", replicas: 3 },
    { surge: "100%", unavailable: 0, replicas: 10 },
  ])("keeps within surge $surge and unavailable $unavailable of $replicas", (row) => {
    const rollingUpdate = { maxSurge: row.surge, maxUnavailable: row.unavailable };
    const world = new World(
      deployment({ replicas: row.replicas, strategy: { type: "RollingUpdate", rollingUpdate } }),
    );
    world.settle();
    const count = (value: string | number, up: boolean): number =>
      typeof value === "number"
        ? value
        : Math[up ? "ceil" : "floor"]((Number.parseInt(value, 10) * row.replicas) / 100);
    const surge = count(row.surge, true);
    const unavailable = count(row.unavailable, false);
    world.image("v2");
    for (let i = 0; i < 60; i++) {
      world.step();
      expect(world.total).toBeLessThanOrEqual(row.replicas + surge);
      const least = row.replicas - (surge + unavailable === 0 ? 1 : unavailable);
      expect(world.available).toBeGreaterThanOrEqual(least);
    }
    expect(world.sizes).toEqual([0, row.replicas]);
  });

  test("recreates only once the old pods are gone", () => {
    const world = new World(deployment({ strategy: { type: "Recreate" } }));
    world.settle();
    world.image("v2");
    world.step();
    expect(world.sizes).toEqual([0]);
    const [old] = world.sets.values();
    const owner = { kind: "ReplicaSet", name: "x", uid: old?.metadata.uid ?? "" };
    const plan = planDeployment({
      deployment: world.deployment,
      sets: [...world.sets.values()],
      pods: [pod({ name: "last", owner })],
      now: world.now,
    });
    expect(printWrites(plan.writes)).toEqual([]);
    world.settle();
    expect(world.sizes).toEqual([0, 4]);
  });

  test("goes back to an older template with a new revision and keeps the history", () => {
    const world = new World(deployment());
    world.settle();
    for (const image of ["v2", "v1"]) {
      world.image(image);
      world.settle();
    }
    expect(world.sizes).toEqual([4, 0]);
    const [first] = world.sets.values();
    expect(first?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    expect(world.deployment.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
  });

  test("counts revisions that no double holds", () => {
    const world = new World(deployment());
    world.settle();
    const [first] = world.sets.values();
    if (first === undefined) throw new Error("there is no set");
    const annotations = { "deployment.kubernetes.io/revision": "3546343826724305832" };
    world.sets.set(first.metadata.name, { ...first, metadata: { ...first.metadata, annotations } });
    world.image("v2");
    world.settle();
    expect(world.deployment.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe(
      "3546343826724305833",
    );
  });

  test("keeps as many old sets as the history asks for", () => {
    const world = new World(deployment({ revisionHistoryLimit: 1 }));
    for (const image of ["v1", "v2", "v3", "v4"]) {
      world.image(image);
      world.settle();
    }
    const images = [...world.sets.values()].map(
      ({ spec }) => spec.template?.spec?.containers[0]?.image,
    );
    expect(images).toEqual(["v3", "v4"]);
  });

  test("does not roll out while paused, but scales", () => {
    const world = new World(deployment());
    world.settle();
    world.change({ paused: true });
    world.image("v2");
    world.settle();
    expect(world.sizes).toEqual([4]);
    expect(world.condition("Progressing")).toMatchObject({
      status: "Unknown",
      reason: "DeploymentPaused",
    });
    world.change({ replicas: 6 });
    world.settle();
    expect(world.sizes).toEqual([6]);
    world.change({ paused: false });
    world.settle();
    expect(world.sizes).toEqual([0, 6]);
  });

  test("scales all sets in proportion in the midst of a rollout", () => {
    const world = new World(
      deployment({
        replicas: 10,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
      }),
    );
    world.settle();
    world.image("v2");
    // The new pods never become available.
    world.readiness = 0;
    world.settle();
    expect(world.sizes).toEqual([8, 5]);
    world.change({ replicas: 15 });
    world.step();
    expect(world.sizes).toEqual([11, 7]);
  });

  test("is late after the deadline, once, and recovers", () => {
    const world = new World(deployment({ progressDeadlineSeconds: 10 }));
    world.readiness = 0;
    world.step();
    const wakeMs = world.plan().wakeMs ?? 0;
    expect(wakeMs).toBeGreaterThan(8000);
    world.now += 12_000;
    world.step();
    world.step();
    world.now += 12_000;
    world.step();
    expect(world.condition("Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
    });
    world.readiness = 4;
    world.settle();
    expect(world.condition("Progressing")?.reason).toBe("NewReplicaSetAvailable");
  });

  test("counts a collision where the set's name is taken", () => {
    const plan = new World(deployment()).plan();
    const [write] = plan.writes;
    if (write === undefined) throw new Error("nothing planned");
    const thrown = new KubeError("taken", { status: 409, reason: "AlreadyExists" });
    const [status] = plan.finish?.([{ write, thrown, message: "taken" }]) ?? [];
    expect(status).toMatchObject({ object: { status: { collisionCount: 1 } } });
  });
});
