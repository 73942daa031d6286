import { expect, test } from "bun:test";
import { pod } from "../controllers/testing/mod.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

const pods = new Map(
  [
    pod({ name: "late", createdMs: 2000 }),
    pod({ name: "early", createdMs: 1000 }),
    pod({ name: "urgent", createdMs: 3000, spec: { priority: 10 } }),
  ].map((one) => [`ns/${one.metadata.name}`, one]),
);

test("SchedulingQueue gives the highest priority first, then the oldest", () => {
  const queue = new SchedulingQueue();
  for (const key of pods.keys()) queue.add(key, 0);
  const order: (string | undefined)[] = [];
  for (let pod = queue.next(pods, 0); pod !== undefined; pod = queue.next(pods, 0)) {
    order.push(pod.metadata.name);
    queue.remove(`ns/${pod.metadata.name}`);
  }
  expect(order).toEqual(["urgent", "early", "late"]);
});

test("SchedulingQueue lets what failed wait for a change, and for its back-off", () => {
  const queue = new SchedulingQueue();
  queue.add("ns/early", 0);
  queue.failed("ns/early", 0);
  expect(queue.next(pods, 5000)).toBeUndefined();
  queue.wake(500);
  expect(queue.next(pods, 999)).toBeUndefined();
  expect(queue.next(pods, 1000)?.metadata.name).toBe("early");
  queue.failed("ns/early", 1000);
  queue.wake(1001);
  expect(queue.waitMs(1001)).toBe(1999);
  queue.add("ns/gone", 0);
  queue.next(pods, 0);
  queue.remove("ns/early");
  expect(queue.waitMs(0)).toBeUndefined();
});
